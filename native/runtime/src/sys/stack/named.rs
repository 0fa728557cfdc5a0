//! Which stack overflowed: a table that a signal handler may read.
//!
//! Invariant: an entry's other fields are written before its `base` becomes non-zero and
//! not changed until it is zero again; a reader that finds a base finds a whole entry.
//! There is no lock and no allocation, so reading is safe in a handler that
//! interrupted a writer.

use crate::limits::STACK_SLABS_NAMED;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

struct Entry {
    /// 0 is free, 1 is being written.
    base: AtomicUsize,
    slots: AtomicUsize,
    slot_size: AtomicUsize,
    page: AtomicUsize,
    guarded: AtomicBool,
}

const WRITING: usize = 1;

static ENTRIES: [Entry; STACK_SLABS_NAMED] = [const {
    Entry {
        base: AtomicUsize::new(0),
        slots: AtomicUsize::new(0),
        slot_size: AtomicUsize::new(0),
        page: AtomicUsize::new(0),
        guarded: AtomicBool::new(false),
    }
}; STACK_SLABS_NAMED];

/// Entries from here on were never used.
static USED: AtomicUsize = AtomicUsize::new(0);

/// Enters a slab; `None` when the table is full.
pub(super) fn add(base: usize, slots: usize, slot_size: usize, page: usize) -> Option<usize> {
    for (index, entry) in ENTRIES.iter().enumerate() {
        let claim = entry
            .base
            .compare_exchange(0, WRITING, Ordering::AcqRel, Ordering::Relaxed);
        if claim.is_err() {
            continue;
        }
        entry.slots.store(slots, Ordering::Relaxed);
        entry.slot_size.store(slot_size, Ordering::Relaxed);
        entry.page.store(page, Ordering::Relaxed);
        entry.guarded.store(false, Ordering::Relaxed);
        entry.base.store(base, Ordering::Release);
        USED.fetch_max(index + 1, Ordering::AcqRel);
        return Some(index);
    }
    None
}

/// The slab has guards.
pub(super) fn guarded(index: usize) {
    ENTRIES[index].guarded.store(true, Ordering::Release);
}

/// Takes a slab out.
pub(super) fn remove(index: usize) {
    ENTRIES[index].base.store(0, Ordering::Release);
}

/// A guard, and whose it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GuardHit {
    /// Lowest usable address of the stack that grew into it: compares with `Stack::base`.
    pub base: usize,
    /// End of that stack.
    pub top: usize,
    /// A number for messages: the slot, counted over all slabs.
    pub slot: usize,
}

/// Does `address` lie in the guard of a stack? Async-signal-safe: a SIGSEGV handler asks
/// it about `si_addr`, on its own stack.
pub fn guard_hit(address: usize) -> Option<GuardHit> {
    let mut before = 0;
    for entry in &ENTRIES[..USED.load(Ordering::Acquire)] {
        let base = entry.base.load(Ordering::Acquire);
        if base <= WRITING {
            continue;
        }
        let slots = entry.slots.load(Ordering::Relaxed);
        let slot_size = entry.slot_size.load(Ordering::Relaxed);
        let page = entry.page.load(Ordering::Relaxed);
        if address >= base && address < base + slots * slot_size {
            let slot = (address - base) / slot_size;
            let start = base + slot * slot_size;
            let in_guard = address - start < page && entry.guarded.load(Ordering::Acquire);
            return in_guard.then_some(GuardHit {
                base: start + page,
                top: start + slot_size,
                slot: before + slot,
            });
        }
        before += slots;
    }
    None
}
