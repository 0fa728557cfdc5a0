//! A device's memory: what is in use, what is kept for reuse, and the quota over both.
//!
//! Sizes are rounded to classes, so that what was freed fits what is asked for next. Invariant:
//! `used` counts what was promised to a caller or handed out; `cached` what lies in `free`.
//! The driver is never called under the lock.

use std::collections::HashMap;

use super::buffer::Place;
use super::signal::Signal;
use crate::driver::Address;
use crate::limits::CACHED;

/// Smallest class; drivers align to it.
const LEAST: usize = 512;
/// From here on classes are multiples of this, not powers of two.
const LARGE: usize = 2 << 20;

/// The class of a length; `None` when it is larger than memory can be.
pub(super) fn class_of(length: usize) -> Option<usize> {
    if length >= LARGE {
        length.checked_next_multiple_of(LARGE)
    } else {
        Some(length.max(LEAST).next_power_of_two())
    }
}

#[derive(Default)]
pub(super) struct Memory {
    /// Bytes promised or handed out.
    pub used: usize,
    /// Bytes kept for reuse.
    pub cached: usize,
    /// Blocks handed out.
    pub blocks: usize,
    /// Allocations so far, and those that the driver was not asked for.
    pub allocations: u64,
    /// See `allocations`.
    pub reused: u64,
    /// Most of `used` and `cached` together.
    pub limit: Option<usize>,
    /// Nothing is kept any more.
    pub closed: bool,
    free: HashMap<(Place, usize), Vec<Address>>,
    /// Those who wait for room share one signal, so that waits that ended early leave nothing.
    waiting: Option<Signal<()>>,
}

/// What [`Memory::reserve`] found.
pub(super) enum Reserved {
    /// A block of the cache.
    Again(Address),
    /// Promised: the driver has to be asked, after giving it these back.
    New(Vec<(Place, usize, Address)>),
    /// The quota does not allow it.
    Over,
}

impl Memory {
    pub fn reserve(&mut self, place: Place, size: usize) -> Reserved {
        if let Some(address) = self.free.get_mut(&(place, size)).and_then(Vec::pop) {
            self.cached -= size;
            self.used += size;
            self.blocks += 1;
            self.allocations += 1;
            self.reused += 1;
            return Reserved::Again(address);
        }
        let limit = self.limit.unwrap_or(usize::MAX);
        if self.used.checked_add(size).is_none_or(|used| used > limit) {
            return Reserved::Over;
        }
        let over = (self.used + size).saturating_add(self.cached) > limit;
        let given_up = if over { self.take_cached() } else { Vec::new() };
        self.used += size;
        self.blocks += 1;
        self.allocations += 1;
        Reserved::New(given_up)
    }

    /// The driver gave nothing after all.
    pub fn unreserve(&mut self, size: usize) -> Option<Signal<()>> {
        self.used -= size;
        self.blocks -= 1;
        self.waiting.take()
    }

    /// A block comes back. False: it is not kept, the driver gets it.
    pub fn give_back(
        &mut self,
        place: Place,
        address: Address,
        size: usize,
    ) -> (bool, Option<Signal<()>>) {
        let waiting = self.unreserve(size);
        let room = self.limit.unwrap_or(CACHED);
        let keeps = !self.closed
            && self.used.saturating_add(self.cached).saturating_add(size) <= room.max(self.used);
        if keeps {
            self.cached += size;
            self.free.entry((place, size)).or_default().push(address);
        }
        (keeps, waiting)
    }

    /// Everything that is kept, to be given to the driver.
    pub fn take_cached(&mut self) -> Vec<(Place, usize, Address)> {
        self.cached = 0;
        let all = self.free.drain();
        all.flat_map(|((place, size), list)| {
            list.into_iter().map(move |address| (place, size, address))
        })
        .collect()
    }

    /// Raised when something comes back.
    pub fn wait(&mut self) -> Signal<()> {
        self.waiting.get_or_insert_default().clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_hold_what_is_asked_and_waste_less_than_half() {
        for length in [
            0,
            1,
            511,
            512,
            513,
            4096,
            LARGE - 1,
            LARGE,
            LARGE + 1,
            100 * LARGE - 7,
        ] {
            let class = class_of(length).expect("small");
            assert!(class >= length && (class <= 2 * length || class == LEAST));
            assert_eq!(class_of(class), Some(class));
        }
        assert_eq!(class_of(usize::MAX), None);
    }

    #[test]
    fn waits_that_end_early_leave_one_signal_for_all() {
        let mut memory = Memory {
            limit: Some(512),
            ..Memory::default()
        };
        assert!(matches!(
            memory.reserve(Place::Device, 512),
            Reserved::New(_)
        ));
        for _ in 0..1000 {
            drop(memory.wait());
        }
        let (first, second) = (memory.wait(), memory.wait());
        let (_, waiting) = memory.give_back(Place::Device, 1, 512);
        assert_eq!(waiting.iter().count(), 1);
        waiting.iter().for_each(|signal| signal.raise(()));
        assert!(first.is_over() && second.is_over());
        assert!(!memory.wait().is_over(), "it waits for the next");
    }

    #[test]
    fn the_quota_counts_what_is_kept_and_gives_it_up_first() {
        let mut memory = Memory {
            limit: Some(4096),
            ..Memory::default()
        };
        assert!(
            matches!(memory.reserve(Place::Device, 2048), Reserved::New(list) if list.is_empty())
        );
        assert!(matches!(
            memory.reserve(Place::Device, 4096),
            Reserved::Over
        ));
        assert!(memory.give_back(Place::Device, 1, 2048).0);
        assert!(
            matches!(memory.reserve(Place::Device, 4096), Reserved::New(list) if list == [(Place::Device, 2048, 1)])
        );
        assert_eq!((memory.used, memory.cached), (4096, 0));
        let signal = memory.wait();
        let (kept, waiting) = memory.give_back(Place::Device, 2, 4096);
        assert!(kept && waiting.iter().count() == 1 && !signal.is_over());
        assert!(matches!(
            memory.reserve(Place::Pinned, 4096),
            Reserved::New(_)
        ));
        assert!(matches!(memory.reserve(Place::Device, 512), Reserved::Over));
    }
}
