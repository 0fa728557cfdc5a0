//! The epoll driver: readiness, then the plain call.
//!
//! States of an op in the table, and who moves it:
//! - *watching*: it is in the list of its descriptor's [`Watch`]. An event moves it on:
//!   its call is made, and it ends or stays.
//! - *timed*: it has a timer. Expiry ends it (`Timeout`) or makes its call again.
//!
//! Whatever can be done at once is done in `submit` and its completion kept for the next
//! `wait`. Ops on files (open, statx, fsync, reads and writes of regular files) are made
//! inline there and may block on a disk: they mostly hit the page cache, where a thread
//! would cost ten times the call. Who knows a file to be slow hands the call to
//! `pool::Pool` instead.

mod watch;

use super::table::{Key, NumberHasher, Table};
use super::{Completion, Driver, Kind, Op, Token, Wait, Waited};
use crate::Nanos;
use crate::error::Error;
use crate::limits::EPOLL_EVENTS;
use crate::op::{Need, Readiness};
use crate::sys::epoll::{self, Event, Patience};
use crate::sys::signal::SigSet;
use crate::sys::timerfd::TimerFd;
use crate::sys::{self, clock};
use crate::timer::{TimerKey, Wheel};
use std::collections::HashMap;
use std::hash::BuildHasherDefault;
use std::os::fd::RawFd;
use watch::{EDGES, Watch};

/// Data of the timerfd's registration.
const ALARM: u64 = u64::MAX;

struct Slot {
    op: Op,
    /// The descriptor whose watch it waits in.
    watched: Option<RawFd>,
    timer: Option<TimerKey>,
}

/// Ops through epoll and plain calls.
pub struct Epoll {
    epoll: epoll::Epoll,
    table: Table<Slot>,
    watches: HashMap<RawFd, Watch, BuildHasherDefault<NumberHasher>>,
    timers: Wheel<Key>,
    done: Vec<Completion>,
    events: Box<[Event]>,
    /// Where epoll_pwait2 is missing: what makes waits end on time.
    alarm: Option<TimerFd>,
    generations: u32,
    due: Vec<(Nanos, Key)>,
}

impl Epoll {
    /// Opens an epoll instance.
    ///
    /// # Errors
    /// `Overloaded` when no descriptor or memory is left.
    pub fn open() -> Result<Self, Error> {
        Self::with_alarm(epoll::precise_errno() != 0)
    }

    /// As [`Epoll::open`]; `alarm` says whether waits are timed by a timerfd.
    ///
    /// # Errors
    /// As for [`Epoll::open`].
    pub fn with_alarm(alarm: bool) -> Result<Self, Error> {
        let failed = |errno| {
            Error::from_errno(
                "open an epoll instance",
                errno,
                "the kernel gave no descriptor",
            )
            .hint("raise the limit on open files (ulimit -n)")
        };
        let epoll = epoll::Epoll::new().map_err(failed)?;
        let alarm = match alarm {
            true => Some(TimerFd::new().map_err(failed)?),
            false => None,
        };
        if let Some(alarm) = &alarm {
            let result = epoll.add(alarm.fd(), libc::EPOLLIN as u32 | EDGES, ALARM);
            sys::check(result).map_err(failed)?;
        }
        Ok(Epoll {
            epoll,
            table: Table::new(),
            watches: HashMap::default(),
            timers: Wheel::new(),
            done: Vec::new(),
            events: vec![Event { events: 0, u64: 0 }; EPOLL_EVENTS].into_boxed_slice(),
            alarm,
            generations: 0,
            due: Vec::new(),
        })
    }

    /// In the child of a fork: the instance is shared with the parent, so nothing may be
    /// deregistered; the child's descriptor is closed and its memory freed.
    pub fn abandon(self) {
        drop(self);
    }

    fn finish(&mut self, key: Key, result: i32) {
        if let Some((token, slot)) = self.table.remove(key) {
            if let Some(timer) = slot.timer {
                self.timers.remove(timer);
            }
            self.done.push(Completion {
                token,
                result,
                more: false,
            });
        }
    }

    /// Makes the op's call; it ends, or waits for what it needs.
    fn attempt(&mut self, key: Key, readiness: Readiness) {
        let Some((_, slot)) = self.table.get_mut(key) else {
            return;
        };
        let result = slot.op.call(readiness);
        if result != -libc::EAGAIN {
            return self.finish(key, result);
        }
        self.wait_for_need(key);
    }

    /// Puts an op where something will move it on.
    fn wait_for_need(&mut self, key: Key) {
        let Some((_, slot)) = self.table.get_mut(key) else {
            return;
        };
        match slot.op.need() {
            Need::Nothing => self.finish(key, -libc::EAGAIN),
            Need::Later(time) => {
                let deadline = match &slot.op {
                    Op::Timeout(timeout) => timeout.deadline(),
                    _ => clock::now() + time,
                };
                slot.timer = Some(self.timers.insert(deadline, key));
            }
            Need::Ready { fd, .. } => {
                slot.watched = Some(fd);
                self.watches.entry(fd).or_default().waiters.push(key);
                self.arm(fd);
            }
        }
    }

    /// Ends an op by token: was it there?
    fn end(&mut self, token: Token) -> bool {
        let Some(key) = self.table.find(token) else {
            return false;
        };
        let watched = self.table.get_mut(key).and_then(|(_, slot)| slot.watched);
        if let Some(fd) = watched {
            self.leave_watch(fd, key);
        }
        self.finish(key, -libc::ECANCELED);
        true
    }

    fn expire(&mut self) {
        let Some(deadline) = self.timers.next_deadline() else {
            return;
        };
        let now = clock::now();
        if now < deadline {
            return;
        }
        let mut due = std::mem::take(&mut self.due);
        self.timers.expire(now, &mut due);
        for (_, key) in due.drain(..) {
            if let Some((_, slot)) = self.table.get_mut(key) {
                slot.timer = None;
                self.attempt(key, Readiness::Unknown);
            }
        }
        self.due = due;
    }

    /// One call into the kernel, and what follows from it; the number of events or
    /// `-errno`.
    fn turn(&mut self, patience: Patience, mask: Option<&SigSet>) -> i32 {
        let count = match (&self.alarm, patience) {
            (None, _) => self.epoll.wait_precise(&mut self.events, patience, mask),
            (Some(_), Patience::None) => self.epoll.wait_coarse(&mut self.events, 0, mask),
            (Some(_), Patience::Endless) => self.epoll.wait_coarse(&mut self.events, -1, mask),
            (Some(alarm), Patience::For(time)) => {
                // The deadline may be the clock's end.
                alarm.set(clock::now().saturating_add(time));
                self.epoll.wait_coarse(&mut self.events, -1, mask)
            }
        };
        for index in 0..usize::try_from(count).unwrap_or(0) {
            let Event { events, u64: data } = self.events[index];
            if data != ALARM {
                self.dispatch(data as u32 as RawFd, (data >> 32) as u32, events);
            }
        }
        count
    }
}

impl Driver for Epoll {
    fn submit(&mut self, token: Token, op: Op) -> Result<(), Error> {
        // The table is asked first: a refused op must have no effect.
        let key = self.table.insert(
            token,
            Slot {
                op,
                watched: None,
                timer: None,
            },
        )?;
        let Some((_, slot)) = self.table.get_mut(key) else {
            return Ok(());
        };
        match &slot.op {
            Op::Cancel(cancel) if cancel.target != token => {
                let target = cancel.target;
                let result = if self.end(target) { 0 } else { -libc::ENOENT };
                self.finish(key, result);
            }
            // Arming looks at readiness anyway, so asking first would be a call more.
            Op::Poll(_) => self.wait_for_need(key),
            _ => self.attempt(key, Readiness::Unknown),
        }
        Ok(())
    }

    fn cancel(&mut self, token: Token) {
        self.end(token);
    }

    fn flush(&mut self) {
        // Every call is made when it is submitted.
    }

    fn wait(&mut self, wait: Wait, mask: Option<&SigSet>, out: &mut Vec<Completion>) -> Waited {
        loop {
            let now_only = wait == Wait::Now || !self.done.is_empty();
            let until = match wait {
                Wait::Until(at) => Some(at),
                Wait::Now | Wait::Forever => None,
            };
            let next = self.timers.next_deadline();
            let until = until.into_iter().chain(next).min();
            let patience = match until {
                _ if now_only => Patience::None,
                None => Patience::Endless,
                Some(at) => match at.saturating_sub(clock::now()) {
                    0 => Patience::None,
                    time => Patience::For(time),
                },
            };
            // Without an op in a watch the kernel has nothing to tell.
            let watching = self.table.len() > self.timers.len();
            let count = if patience == Patience::None && !watching {
                0
            } else {
                self.turn(patience, mask)
            };
            self.expire();
            if !self.done.is_empty() {
                out.append(&mut self.done);
                return Waited::Events;
            }
            if count == -libc::EINTR {
                return Waited::Interrupted;
            }
            assert!(
                count >= 0,
                "the kernel refuses to wait: {}; was epoll's descriptor closed?",
                crate::error::describe_errno(-count)
            );
            match wait {
                Wait::Now => return Waited::Deadline,
                Wait::Until(at) if clock::now() >= at => return Waited::Deadline,
                // An event that satisfied nobody, perhaps together with a signal.
                _ if count > 0 => return Waited::Interrupted,
                // A timer of our own.
                _ => {}
            }
        }
    }

    fn in_flight(&self) -> usize {
        self.table.len() + self.done.iter().filter(|done| !done.more).count()
    }

    fn kind(&self) -> Kind {
        Kind::Epoll
    }

    fn now(&self) -> Nanos {
        clock::now()
    }
}
