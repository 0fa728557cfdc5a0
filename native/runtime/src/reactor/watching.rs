//! The reactor's watches: which polls are in flight for which watch, and what is cancelled
//! when one ends. The states are those of [`crate::watch`].

use std::os::fd::RawFd;

use super::Reactor;
use super::records::{OpId, Owner};
use crate::driver::Driver;
use crate::error::Error;
use crate::op::Op;
use crate::watch::{Arm, BUSY_BIT, Interest, Overlap};

impl Reactor {
    /// Calls `call` whenever the descriptor is ready. Level-triggered, as callback hosts
    /// expect: it is called again while there is something to read.
    ///
    /// # Errors
    /// When no driver can be opened or its bound is reached.
    pub fn watch(&mut self, fd: RawFd, interest: Interest) -> Result<u64, Error> {
        self.open()?;
        let key = self.watches.insert(fd, interest);
        if let Err(error) = self.arm(key, Arm::Once) {
            self.unwatch(key);
            return Err(error);
        }
        Ok(key)
    }

    /// Ends a watch. Its callback, if queued, is not called.
    pub fn unwatch(&mut self, key: u64) {
        let armed = self.watches.remove(key);
        self.cancel_armed(&armed);
    }

    /// The callback of a watch begins. False: the watch was ended after it was queued.
    pub fn watch_called(&mut self, key: u64) -> bool {
        self.watches.begin(key)
    }

    /// It has returned: arms the watch again, unless it stayed armed. `waited`: it was
    /// suspended meanwhile.
    ///
    /// # Errors
    /// When the driver's bound is reached.
    pub fn watch_returned(&mut self, key: u64, waited: bool) -> Result<(), Error> {
        let arm = self.watches.end(key, waited);
        self.arm(key, arm)
    }

    /// It is about to wait for the first time; see [`Watches::waits`] and [`Watches::ask`].
    ///
    /// # Errors
    /// When the driver's bound is reached.
    pub fn watch_waits(&mut self, key: u64, tell: bool) -> Result<(), Error> {
        let arm = self.watches.waits(key, tell);
        if tell && self.watches.ask(key) {
            self.scheduler.call(key | BUSY_BIT);
        }
        self.arm(key, arm)
    }

    /// Callbacks of this watch may overlap from now on.
    ///
    /// # Errors
    /// When the driver's bound is reached.
    pub fn watch_overlaps(&mut self, key: u64, overlap: Overlap) -> Result<(), Error> {
        let arm = self.watches.overlap(key, overlap);
        self.arm(key, arm)
    }

    /// The host is about to be told that a watch is busy; false when it no longer is.
    pub fn watch_tell(&mut self, key: u64) -> bool {
        self.watches.tell(key)
    }

    /// The host was told.
    pub fn watch_told(&mut self, key: u64) {
        self.watches.told(key);
    }

    /// Is a callback of this watch queued, running or suspended?
    pub fn watch_is_busy(&self, key: u64) -> bool {
        self.watches.is_busy(key)
    }

    pub(super) fn arm(&mut self, key: u64, arm: Arm) -> Result<(), Error> {
        match arm {
            Arm::Nothing => return Ok(()),
            Arm::Call => {
                self.scheduler.call(key);
                return Ok(());
            }
            Arm::Busy => {
                self.scheduler.call(key | BUSY_BIT);
                return Ok(());
            }
            Arm::Once | Arm::Multi => {}
        }
        let Some((fd, events)) = self.watches.target(key) else {
            return Ok(());
        };
        let multi = arm == Arm::Multi;
        let op = Op::Poll(crate::op::Poll { fd, events, multi });
        let id = self.submit_for(op, Owner::Watch(key))?;
        self.watches.armed(key, id.0, multi);
        Ok(())
    }

    /// A watched PHP stream was read; see [`Watches::note_read`].
    pub fn note_read(&mut self, fd: RawFd, drained: bool, eof: bool) {
        self.watches.note_read(fd, drained, eof);
    }

    /// The descriptor is about to be closed: nothing may stay armed on it, or the peer
    /// would not see the close before the loop's next turn.
    pub fn note_close(&mut self, fd: RawFd) {
        self.forget_kept_poll(fd);
        if let Some(armed) = self.watches.close(fd) {
            self.cancel_armed(&armed);
            if let Some(driver) = self.driver.as_mut() {
                driver.flush();
            }
        }
    }

    fn cancel_armed(&mut self, armed: &[Option<u64>]) {
        for id in armed.iter().flatten() {
            self.cancel_op(OpId(*id));
        }
    }

    /// Descriptors watched.
    pub fn watch_len(&self) -> usize {
        self.watches.len()
    }
}
