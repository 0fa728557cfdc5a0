//! Descriptors that the child of a fork must not hold: connections of the background.
//!
//! A fork copies them. A peer would then see a connection end only when the child closes
//! its copy too, and the child has no thread that could. So they are written down where a
//! child can read them without a lock that the lost thread may hold.
//!
//! Invariant: a descriptor stands in the table only while its owner has it open. It is
//! taken out before it is closed, so no number that was given out anew is ever closed.

use crate::limits::DESCRIPTORS;
use std::os::fd::RawFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, AtomicUsize, Ordering};

const FREE: RawFd = -1;

/// The table.
#[derive(Debug)]
pub struct Descriptors {
    slots: Box<[AtomicI32]>,
    /// Slots above it were never used.
    used: AtomicUsize,
}

/// A descriptor's place in the table; given up by dropping it, before the descriptor is
/// closed.
#[derive(Debug)]
pub struct Noted {
    table: Arc<Descriptors>,
    slot: Option<usize>,
}

impl Default for Descriptors {
    fn default() -> Self {
        Descriptors {
            slots: (0..DESCRIPTORS).map(|_| AtomicI32::new(FREE)).collect(),
            used: AtomicUsize::new(0),
        }
    }
}

impl Descriptors {
    /// Writes a descriptor down. When the table is full it is left out.
    pub fn note(self: &Arc<Self>, fd: RawFd) -> Noted {
        let free = |slot: &AtomicI32| {
            slot.compare_exchange(FREE, fd, Ordering::SeqCst, Ordering::Relaxed)
                .is_ok()
        };
        let slot = self.slots.iter().position(free);
        if let Some(slot) = slot {
            self.used.fetch_max(slot + 1, Ordering::SeqCst);
        }
        Noted {
            table: Arc::clone(self),
            slot,
        }
    }

    /// In the child of a fork: closes its copies. How many there were.
    pub fn close_all(&self) -> usize {
        let used = self.used.load(Ordering::SeqCst);
        let slots = self.slots.iter().take(used);
        slots
            .map(|slot| slot.swap(FREE, Ordering::SeqCst))
            .filter(|&fd| fd != FREE)
            .map(tusk_runtime::sys::fd::close)
            .count()
    }
}

impl Drop for Noted {
    fn drop(&mut self) {
        if let Some(slot) = self.slot {
            self.table.slots[slot].store(FREE, Ordering::SeqCst);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::fd::{AsRawFd, IntoRawFd};
    use std::os::unix::net::UnixStream;

    #[test]
    fn what_is_noted_is_closed_and_what_was_given_up_is_not() {
        let table = Arc::new(Descriptors::default());
        let (kept, other) = UnixStream::pair().expect("a pair");
        let given_up = table.note(kept.as_raw_fd());
        let noted = table.note(other.into_raw_fd());
        drop(given_up);
        assert_eq!(table.close_all(), 1);
        // The other end is gone, this one is still open.
        kept.set_nonblocking(true).expect("it is open");
        let mut byte = [0];
        assert_eq!(
            std::io::Read::read(&mut &kept, &mut byte).expect("an end"),
            0
        );
        drop(noted);
        assert_eq!(table.close_all(), 0);
    }

    #[test]
    fn a_full_table_leaves_descriptors_out() {
        let table = Arc::new(Descriptors::default());
        let all: Vec<_> = (0..DESCRIPTORS).map(|fd| table.note(fd as RawFd)).collect();
        assert!(table.note(7).slot.is_none());
        drop(all);
        assert_eq!(table.note(7).slot, Some(0));
    }
}
