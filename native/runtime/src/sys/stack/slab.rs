//! One mapping that holds many stacks.

use super::named;
use crate::limits::STACK_ADDRESS_RESERVE;

/// `MADV_GUARD_INSTALL` of Linux 6.13; libc does not name it yet everywhere.
const MADV_GUARD_INSTALL: libc::c_int = 102;

/// What the lowest page of a slot is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protection {
    /// A guard marker in the page table; the mapping stays whole.
    Install,
    /// A page without rights, which splits the mapping.
    Protect,
    /// Nothing: the page is part of the stack.
    None,
}

/// Does this kernel install guards? Tried on a page that is unmapped again.
pub(super) fn guards_install(page: usize) -> bool {
    let Ok(slab) = Slab::map(1, 2 * page, page) else {
        return false;
    };
    slab.install(0) == 0
}

/// Would the kernel give the rest of the process what slabs must leave it? Tried with a
/// mapping that is undone, because neither RLIMIT_AS nor strict overcommit can be asked.
fn address_space_left() -> bool {
    let rights = libc::PROT_READ | libc::PROT_WRITE;
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
    // SAFETY: a new private mapping at an address of the kernel's choice.
    let reserve = unsafe {
        libc::mmap(
            std::ptr::null_mut(),
            STACK_ADDRESS_RESERVE,
            rights,
            flags,
            -1,
            0,
        )
    };
    if reserve == libc::MAP_FAILED {
        return false;
    }
    // SAFETY: the mapping was just made, and nobody knows of it.
    unsafe { libc::munmap(reserve, STACK_ADDRESS_RESERVE) };
    true
}

/// A mapping of `slots` stacks of `slot_size` bytes.
pub(super) struct Slab {
    base: *mut u8,
    slots: usize,
    slot_size: usize,
    page: usize,
    /// Free slots; the last is handed out next.
    free: Vec<u32>,
    guarded: Vec<bool>,
    named: Option<usize>,
}

impl Slab {
    /// Maps a slab, or the error number. Pages are made when they are touched.
    pub(super) fn map(slots: usize, slot_size: usize, page: usize) -> Result<Slab, i32> {
        let Some(bytes) = slots.checked_mul(slot_size) else {
            return Err(libc::ENOMEM);
        };
        let rights = libc::PROT_READ | libc::PROT_WRITE;
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE | libc::MAP_STACK;
        // SAFETY: a new private mapping at an address of the kernel's choice.
        let base = unsafe { libc::mmap(std::ptr::null_mut(), bytes, rights, flags, -1, 0) };
        if base == libc::MAP_FAILED {
            return Err(-crate::sys::negative_errno());
        }
        if slot_size > 2 * page && !address_space_left() {
            // SAFETY: the mapping was just made, and nobody knows of it.
            unsafe { libc::munmap(base, bytes) };
            return Err(libc::ENOMEM);
        }
        // Huge pages would make the first touch of one stack fill those of its neighbours.
        // Kernels without them say EINVAL, which is as good.
        // SAFETY: advice for the mapping that was just made.
        unsafe { libc::madvise(base, bytes, libc::MADV_NOHUGEPAGE) };
        let base: *mut u8 = base.cast();
        Ok(Slab {
            base,
            slots,
            slot_size,
            page,
            free: (0..slots as u32).rev().collect(),
            guarded: vec![false; slots],
            named: named::add(base as usize, slots, slot_size, page),
        })
    }

    /// Bytes of the mapping.
    pub(super) fn bytes(&self) -> usize {
        self.slots * self.slot_size
    }

    /// Free slots.
    pub(super) fn free(&self) -> usize {
        self.free.len()
    }

    /// Are all slots free?
    pub(super) fn empty(&self) -> bool {
        self.free.len() == self.slots
    }

    /// The slot that [`Slab::take_free`] takes. The slab has a free slot.
    pub(super) fn peek_free(&self) -> u32 {
        *self.free.last().expect("the slab is open")
    }

    pub(super) fn take_free(&mut self) {
        self.free.pop();
    }

    pub(super) fn put_free(&mut self, slot: u32) {
        debug_assert!(!self.free.contains(&slot), "freed twice");
        self.free.push(slot);
    }

    /// First and past-the-end address of a slot, its guard included.
    pub(super) fn slot_range(&self, slot: u32) -> (*mut u8, *mut u8) {
        let start = self.base.wrapping_add(slot as usize * self.slot_size);
        (start, start.wrapping_add(self.slot_size))
    }

    /// Has the slot a guard? It keeps it until the slab is unmapped.
    pub(super) fn guarded(&self, slot: u32) -> bool {
        self.guarded[slot as usize]
    }

    /// Guards made in this slab.
    pub(super) fn guards(&self) -> usize {
        self.guarded.iter().filter(|&&guarded| guarded).count()
    }

    /// Makes the lowest page of a slot its guard, or the error number.
    pub(super) fn guard(&mut self, slot: u32, protection: Protection) -> Result<(), i32> {
        let result = match protection {
            Protection::Install => self.install(slot),
            Protection::Protect => {
                let start = self.slot_range(slot).0.cast();
                // SAFETY: the page is the lowest of a free slot of this mapping, which
                // nobody uses.
                crate::sys::result_of(unsafe { libc::mprotect(start, self.page, libc::PROT_NONE) })
            }
            Protection::None => return Ok(()),
        };
        crate::sys::check(result).map_err(|errno| errno.abs())?;
        self.guarded[slot as usize] = true;
        if let Some(named) = self.named {
            named::guarded(named);
        }
        Ok(())
    }

    fn install(&self, slot: u32) -> i32 {
        let start = self.slot_range(slot).0.cast();
        // SAFETY: as in guard; what the page held is thrown away, and nobody needs it.
        crate::sys::result_of(unsafe { libc::madvise(start, self.page, MADV_GUARD_INSTALL) })
    }

    /// Gives the pages of a free stack back to the kernel; reading them gives zeroes.
    pub(super) fn discard(&self, base: *mut u8, size: usize) {
        // SAFETY: the range is the usable part of a slot of this mapping that its user has
        // given back (StackPool::free), so nothing points into it.
        unsafe { libc::madvise(base.cast(), size, libc::MADV_DONTNEED) };
    }
}

impl Drop for Slab {
    fn drop(&mut self) {
        if let Some(named) = self.named {
            named::remove(named);
        }
        // SAFETY: the mapping is ours, and the pool drops a slab only when all its slots
        // are free (invariant 3 of the pool).
        unsafe { libc::munmap(self.base.cast(), self.bytes()) };
    }
}
