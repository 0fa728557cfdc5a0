//! Stacks for coroutines: many, in few mappings, each with a guard.
//!
//! Stacks are slots of slabs (one mapping each). The lowest page of a slot is its guard.
//! `MADV_GUARD_INSTALL` (Linux 6.13) makes a guard without splitting the mapping, so a
//! million guarded stacks need a few thousand mappings. Before it `mprotect` is used: each
//! guard then costs two mappings of the process's `vm.max_map_count`, and the pool stops
//! with a clear error before it takes the last ones.
//!
//! Invariants:
//! 1. A slot is in one of three places: handed out, warm, or free in its slab.
//! 2. A slot that is handed out has its guard, unless the pool was made without guards.
//! 3. A slab is unmapped only when all its slots are free in it.
//! 4. Warm slots keep their pages; free slots have none.

mod named;
mod slab;

pub use named::{GuardHit, guard_hit};

use crate::error::{Error, Kind};
use crate::limits::{MAP_COUNT_RESERVE_PERCENT, STACK_SLAB_SLOTS, STACKS_WARM};
use crate::sys::file::read_small;
use slab::{Protection, Slab};

/// How stacks are guarded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guard {
    /// With a guard page each: as cheap as the kernel can, and never without.
    Auto,
    /// As on kernels before 6.13, by mprotect; for tests.
    Protect,
    /// Without: an overflow corrupts the neighbouring stack silently.
    None,
}

/// How the stacks of a pool are made.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    /// Bytes of a slot with its guard page; rounded up to pages, at least two.
    pub slot_size: usize,
    /// Whether and how stacks are guarded.
    pub guard: Guard,
}

/// A stack that was handed out; it goes back by [`StackPool::free`].
#[derive(Debug)]
pub struct Stack {
    /// Lowest usable address; the guard lies right below.
    pub base: *mut u8,
    /// End of the stack, where it begins to grow down from; page-aligned.
    pub top: *mut u8,
    slab: u32,
    slot: u32,
}

impl Stack {
    /// Bytes between base and top.
    pub fn size(&self) -> usize {
        self.top as usize - self.base as usize
    }

    /// Where the pool finds its slot again, for hosts that pass a stack through C.
    pub fn mark(&self) -> u64 {
        u64::from(self.slab) << 32 | u64::from(self.slot)
    }

    /// The stack a host passed through C.
    ///
    /// # Safety
    /// All three are those of one stack that `alloc` gave and that was not freed.
    pub unsafe fn from_parts(base: *mut u8, top: *mut u8, mark: u64) -> Stack {
        Stack {
            base,
            top,
            slab: (mark >> 32) as u32,
            slot: mark as u32,
        }
    }
}

/// Counts for statistics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Stacks handed out.
    pub in_use: usize,
    /// Stacks kept with their pages.
    pub warm: usize,
    /// Slabs that are mapped.
    pub slabs: usize,
    /// Bytes of address space they take.
    pub mapped: usize,
}

/// The stacks of one thread.
pub struct StackPool {
    page: usize,
    slot_size: usize,
    protection: Protection,
    /// Guards by mprotect that may still be made; `usize::MAX` where they cost nothing.
    budget: usize,
    slabs: Vec<Option<Slab>>,
    /// Slabs with free slots; the last is used first. A slab is listed once.
    open: Vec<u32>,
    vacant: Vec<u32>,
    warm: Vec<Stack>,
    /// Slots of the next slab: fewer after the kernel refused more.
    slab_slots: usize,
    in_use: usize,
}

/// Page size of this machine: 4, 16 or 64 KiB.
pub fn page_size() -> usize {
    // SAFETY: the call takes a plain number and touches no memory of ours.
    let size = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    usize::try_from(size).unwrap_or(4096)
}

impl StackPool {
    /// A pool without stacks; nothing is mapped yet but for one page to try guards on.
    pub fn new(config: Config) -> Self {
        let page = page_size();
        let protection = match config.guard {
            Guard::None => Protection::None,
            Guard::Protect => Protection::Protect,
            Guard::Auto if slab::guards_install(page) => Protection::Install,
            Guard::Auto => Protection::Protect,
        };
        StackPool {
            page,
            slot_size: config.slot_size.max(2 * page).next_multiple_of(page),
            protection,
            budget: match protection {
                Protection::Protect => guard_budget(),
                Protection::Install | Protection::None => usize::MAX,
            },
            slabs: Vec::new(),
            open: Vec::new(),
            vacant: Vec::new(),
            warm: Vec::new(),
            slab_slots: STACK_SLAB_SLOTS,
            in_use: 0,
        }
    }

    /// Do stacks of this pool have guards that cost mappings, none, or cheap ones? In
    /// words, for `Runtime::info()`.
    pub fn guards(&self) -> &'static str {
        match self.protection {
            Protection::Install => "MADV_GUARD_INSTALL",
            Protection::Protect => "mprotect",
            Protection::None => "none",
        }
    }

    /// What there is now.
    pub fn stats(&self) -> Stats {
        let slabs = self.slabs.iter().flatten();
        Stats {
            in_use: self.in_use,
            warm: self.warm.len(),
            slabs: slabs.clone().count(),
            mapped: slabs.map(Slab::bytes).sum(),
        }
    }

    /// Hands out a stack. Its content is arbitrary.
    ///
    /// # Errors
    /// `Overloaded` when the system gives no memory, or no mappings for guards.
    pub fn alloc(&mut self) -> Result<Stack, Error> {
        let stack = match self.warm.pop() {
            Some(stack) => stack,
            None => self.alloc_cold()?,
        };
        self.in_use += 1;
        Ok(stack)
    }

    fn alloc_cold(&mut self) -> Result<Stack, Error> {
        let index = match self.open.last() {
            Some(&index) => index,
            None => self.map_slab()?,
        };
        let slab = self.slabs[index as usize]
            .as_mut()
            .expect("open lists mapped slabs only");
        let slot = slab.peek_free();
        if !slab.guarded(slot) {
            if self.protection == Protection::Protect && self.budget == 0 {
                return Err(out_of_mappings());
            }
            slab.guard(slot, self.protection).map_err(|errno| {
                Error::from_errno("guard a coroutine's stack", errno, "the kernel refused")
                    .hint("raise vm.max_map_count, or set tusk.unguarded_stacks")
            })?;
            if self.protection == Protection::Protect {
                self.budget -= 1;
            }
        }
        slab.take_free();
        if slab.free() == 0 {
            self.open.pop();
        }
        let (start, end) = slab.slot_range(slot);
        let guard = match self.protection {
            Protection::None => 0,
            Protection::Install | Protection::Protect => self.page,
        };
        Ok(Stack {
            base: start.wrapping_add(guard),
            top: end,
            slab: index,
            slot,
        })
    }

    /// Maps a slab, or a smaller one where the kernel gives no large one (strict
    /// overcommit, address space limits), down to a single slot.
    fn map_slab(&mut self) -> Result<u32, Error> {
        let slab = loop {
            match Slab::map(self.slab_slots, self.slot_size, self.page) {
                Ok(slab) => {
                    // After a smaller one the next may be larger again.
                    self.slab_slots = (2 * self.slab_slots).min(STACK_SLAB_SLOTS);
                    break slab;
                }
                Err(libc::ENOMEM) if self.slab_slots > 1 => self.slab_slots /= 2,
                Err(errno) => return Err(self.out_of_memory(errno)),
            }
        };
        let index = match self.vacant.pop() {
            Some(index) => {
                self.slabs[index as usize] = Some(slab);
                index
            }
            None => {
                self.slabs.push(Some(slab));
                (self.slabs.len() - 1) as u32
            }
        };
        self.open.push(index);
        Ok(index)
    }

    fn out_of_memory(&self, errno: i32) -> Error {
        let detail = format!(
            "{} stacks are in use, and the kernel gives no {} bytes more",
            self.in_use, self.slot_size
        );
        Error::from_errno("map a coroutine's stack", errno, detail).hint(
            "lower tusk.max_coroutines; or raise ulimit -v, vm.max_map_count, or \
             vm.overcommit_ratio where vm.overcommit_memory is 2",
        )
    }

    /// Takes a stack back. Nothing may run on it or point into it.
    pub fn free(&mut self, stack: Stack) {
        self.in_use -= 1;
        if self.warm.len() < STACKS_WARM {
            self.warm.push(stack);
        } else {
            self.release(stack);
        }
    }

    /// Gives the pages of all warm stacks back, and their slabs where these are empty.
    pub fn trim(&mut self) {
        for stack in std::mem::take(&mut self.warm) {
            self.release(stack);
        }
    }

    /// Puts a slot back into its slab, without its pages.
    fn release(&mut self, stack: Stack) {
        let Some(slab) = self.slabs[stack.slab as usize].as_mut() else {
            return;
        };
        slab.discard(stack.base, stack.size());
        slab.put_free(stack.slot);
        if slab.free() == 1 {
            self.open.push(stack.slab);
        }
        // One empty slab stays, so that a count that swings around a slab's edge does not
        // map and unmap each time.
        if slab.empty() && self.open.len() > 1 {
            self.open.retain(|&open| open != stack.slab);
            if self.protection == Protection::Protect {
                self.budget += slab.guards();
            }
            self.slabs[stack.slab as usize] = None;
            self.vacant.push(stack.slab);
        }
    }
}

impl Drop for StackPool {
    /// Unmaps what is not in use. A stack that was not freed may be the one we run on, so
    /// its slab stays mapped.
    fn drop(&mut self) {
        self.trim();
        for slab in self.slabs.iter_mut() {
            if slab.as_ref().is_some_and(|slab| !slab.empty()) {
                std::mem::forget(slab.take());
            }
        }
    }
}

/// Guards that mprotect may make: each splits a mapping in two more. What the process has
/// already is taken off, and a reserve is kept for everybody else.
fn guard_budget() -> usize {
    let most = read_small(c"/proc/sys/vm/max_map_count")
        .and_then(|text| text.trim().parse().ok())
        // The kernel's own default.
        .unwrap_or(65530);
    let used = std::fs::read("/proc/self/maps")
        .map_or(0, |maps| maps.iter().filter(|&&byte| byte == b'\n').count());
    let reserve = most * MAP_COUNT_RESERVE_PERCENT / 100;
    most.saturating_sub(used + reserve) / 2
}

fn out_of_mappings() -> Error {
    Error::new(
        Kind::Overloaded,
        "guard a coroutine's stack",
        "guard pages have used up the mappings that vm.max_map_count allows this process",
    )
    .hint(
        "raise vm.max_map_count (sysctl), run on Linux 6.13 or later where guards cost no \
         mappings, or set tusk.unguarded_stacks",
    )
}
