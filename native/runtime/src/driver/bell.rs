//! The bell: a timeout in the ring that ends waits for several completions.
//!
//! It is not a time-out of each wait, because to program the clock for one costs more than the
//! sleep that is saved, but rings every `limits::COALESCE_PATIENCE` from batch to batch. One that
//! rings once would not do: the kernel ends a wait when a timeout ends *during* it, and one
//! that ended just before, while the loop computed, would leave the wait without any. One that goes
//! on ends it with its next ring.
//!
//! States, and who moves them:
//! - `Silent`: no timeout is in flight. [`Bell::begin`] moves it to `Rings`.
//! - `Rings`: it is with the kernel. Waits may ask for several completions. When it rings
//!   and nobody has since it rang last, [`Bell::heard`] moves it to `Stopping`.
//! - `Stopping`: its removal was asked for, as often as it rings on, because the kernel does not find a
//!   timeout that rings in this moment. Its last completion moves it to `Silent`.
//! - `Lacking`: the kernel has no such timeout (before Linux 6.4), and every wait is for one.

/// Whether the bell rings, and whether anybody needs it.
#[derive(Debug, Default)]
pub(super) struct Bell {
    state: State,
    /// A wait has asked for several completions since it rang last.
    needed: bool,
    /// It has rung, and its removal is to be asked for.
    unneeded: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Silent,
    Rings,
    Stopping,
    Lacking,
}

/// What a wait for several completions has to do first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Begin {
    /// Nothing: it will be ended.
    Now,
    /// Wait for one. `arm`: and push the timeout.
    NotYet { arm: bool },
}

impl Bell {
    /// A wait for several completions is about to begin. The kernel must have taken the
    /// timeout before one does.
    #[inline]
    pub(super) fn begin(&mut self) -> Begin {
        self.needed = true;
        match self.state {
            State::Rings => Begin::Now,
            State::Silent => {
                self.state = State::Rings;
                Begin::NotYet { arm: true }
            }
            State::Stopping | State::Lacking => Begin::NotYet { arm: false },
        }
    }

    /// A completion of the timeout.
    #[cold]
    pub(super) fn heard(&mut self, result: i32, more: bool) {
        if more {
            self.unneeded = !self.needed || self.state == State::Stopping;
            self.needed = false;
        } else {
            let lacking = result == -libc::EINVAL;
            self.state = if lacking {
                State::Lacking
            } else {
                State::Silent
            };
            self.unneeded = false;
        }
    }

    /// Is its removal to be asked for? Says so once.
    #[inline]
    pub(super) fn stops(&mut self) -> bool {
        if !self.unneeded {
            return false;
        }
        self.unneeded = false;
        self.state = State::Stopping;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RANG: i32 = -libc::ETIME;

    #[test]
    fn it_is_armed_once_and_rings_as_long_as_it_is_needed() {
        let mut bell = Bell::default();
        assert_eq!(bell.begin(), Begin::NotYet { arm: true });
        for _ in 0..3 {
            assert_eq!(bell.begin(), Begin::Now);
            bell.heard(RANG, true);
            assert!(!bell.stops());
        }
        bell.heard(RANG, true);
        assert!(bell.stops());
        assert!(!bell.stops(), "asked for once");
        assert_eq!(bell.begin(), Begin::NotYet { arm: false });
        bell.heard(-libc::ECANCELED, false);
        assert_eq!(bell.begin(), Begin::NotYet { arm: true });
    }

    #[test]
    fn one_that_rings_on_is_removed_again() {
        let mut bell = Bell::default();
        let _ = bell.begin();
        bell.heard(RANG, true);
        bell.heard(RANG, true);
        assert!(bell.stops());
        let _ = bell.begin();
        bell.heard(RANG, true);
        assert!(bell.stops());
        bell.heard(-libc::ECANCELED, false);
        assert!(!bell.stops());
    }

    #[test]
    fn a_kernel_without_it_is_asked_once() {
        let mut bell = Bell::default();
        let _ = bell.begin();
        bell.heard(-libc::EINVAL, false);
        assert_eq!(bell.begin(), Begin::NotYet { arm: false });
    }

    #[test]
    fn one_that_the_kernel_ended_is_armed_anew() {
        let mut bell = Bell::default();
        let _ = bell.begin();
        bell.heard(RANG, false);
        assert_eq!(bell.begin(), Begin::NotYet { arm: true });
    }
}
