//! Readiness of descriptors: who waits for what, and what the kernel is told of it.
//!
//! Invariants of a `Watch`:
//! 1. While it has waiters, it is armed for all their events: once (`EPOLLONESHOT`), or
//!    at every edge (`EPOLLET`) if one of them is a multishot poll.
//! 2. Without waiters nothing is armed.
//! 3. Events carry descriptor and generation. A registration that had to be made anew has
//!    a new generation, so that events of a former file under this number are ignored.

use super::Epoll;
use crate::driver::table::Key;
use crate::driver::{Completion, Op};
use crate::op::{Need, Readiness};
use std::os::fd::RawFd;

/// Reported whether asked for or not.
const ALWAYS: u32 = (libc::EPOLLERR | libc::EPOLLHUP) as u32;
/// What a file that is always ready is ready for.
const FILE_READY: u32 =
    (libc::EPOLLIN | libc::EPOLLOUT | libc::EPOLLRDNORM | libc::EPOLLWRNORM) as u32;
/// Report once, then be silent until armed again.
const ONCE: u32 = libc::EPOLLONESHOT as u32;
/// Report changes, not states.
pub(super) const EDGES: u32 = libc::EPOLLET as u32;

/// One descriptor that ops wait for.
#[derive(Default)]
pub(super) struct Watch {
    pub(super) waiters: Vec<Key>,
    pub(super) generation: u32,
    /// The kernel had a registration when we last looked.
    pub(super) registered: bool,
    /// It reports every edge until it is changed.
    edges: bool,
}

/// Descriptor and generation in one word. Descriptors are below 2^31, so no generation
/// makes this the alarm's.
pub(super) fn data(fd: RawFd, generation: u32) -> u64 {
    u64::from(generation) << 32 | u64::from(fd as u32)
}

impl Epoll {
    /// Makes the kernel's registration of `fd` what its waiters need (invariant 1). The
    /// kernel looks at readiness anew, so nothing that is ready already is missed.
    pub(super) fn arm(&mut self, fd: RawFd) {
        let Epoll {
            epoll,
            table,
            watches,
            generations,
            ..
        } = self;
        let Some(watch) = watches.get_mut(&fd) else {
            return;
        };
        let (mut events, mut multi) = (0, false);
        for &key in &watch.waiters {
            if let Some((_, slot)) = table.get_mut(key) {
                if let Need::Ready { events: one, .. } = slot.op.need() {
                    events |= one;
                }
                multi |= matches!(&slot.op, Op::Poll(poll) if poll.multi);
            }
        }
        watch.edges = multi;
        events |= if multi { EDGES } else { ONCE };
        if watch.registered {
            let result = epoll.modify(fd, events, data(fd, watch.generation));
            if result == 0 {
                return;
            }
            if result != -libc::ENOENT {
                return self.fail_watch(fd, result);
            }
            // The file under this number is another one now. Who waited for the former,
            // against the contract, is told; only the newest waiter is for this file.
            watch.registered = false;
            if watch.waiters.len() > 1 {
                let newest = watch.waiters.pop();
                let orphans = std::mem::take(&mut watch.waiters);
                watch.waiters.extend(newest);
                for key in orphans {
                    self.finish(key, -libc::ECANCELED);
                }
                return self.arm(fd);
            }
        }
        *generations = generations.wrapping_add(1);
        watch.generation = *generations;
        match epoll.add(fd, events, data(fd, watch.generation)) {
            0 => watch.registered = true,
            refused if refused == -libc::EPERM => self.always_ready(fd),
            failed => self.fail_watch(fd, failed),
        }
    }

    /// epoll refuses `fd` because it is always ready: its waiters go ahead.
    fn always_ready(&mut self, fd: RawFd) {
        let Some(watch) = self.watches.remove(&fd) else {
            return;
        };
        for key in watch.waiters {
            let Some((_, slot)) = self.table.get_mut(key) else {
                continue;
            };
            slot.watched = None;
            let result = match &mut slot.op {
                Op::Poll(poll) => (u32::from(poll.events) & FILE_READY) as i32,
                op => op.call(Readiness::Always),
            };
            self.finish(key, result);
        }
    }

    /// The descriptor cannot be watched (`-EBADF`, `-ENOMEM`, ...): its waiters fail so.
    fn fail_watch(&mut self, fd: RawFd, result: i32) {
        if let Some(watch) = self.watches.remove(&fd) {
            for key in watch.waiters {
                self.finish(key, result);
            }
        }
    }

    pub(super) fn dispatch(&mut self, fd: RawFd, generation: u32, ready: u32) {
        let Some(watch) = self.watches.get_mut(&fd) else {
            return;
        };
        if watch.generation != generation {
            return;
        }
        let edges = watch.edges;
        let waiters = std::mem::take(&mut watch.waiters);
        let mut staying = Vec::new();
        for key in waiters {
            if self.advance(key, ready) {
                staying.push(key);
            }
        }
        let Some(watch) = self.watches.get_mut(&fd) else {
            return;
        };
        let nobody = staying.is_empty();
        watch.waiters = staying;
        match (nobody, edges) {
            (true, false) => {}
            (true, true) => self.disarm(fd),
            (false, false) => self.arm(fd),
            (false, true) => {}
        }
    }

    /// Tells one waiter what is ready; true when it goes on waiting in the watch.
    fn advance(&mut self, key: Key, ready: u32) -> bool {
        let Some((token, slot)) = self.table.get_mut(key) else {
            return false;
        };
        let Need::Ready { events, .. } = slot.op.need() else {
            return false;
        };
        let ready = ready & (events | ALWAYS);
        if ready == 0 {
            return true;
        }
        if let Op::Poll(poll) = &slot.op {
            let multi = poll.multi;
            if multi {
                self.done.push(Completion {
                    token,
                    result: ready as i32,
                    more: true,
                });
            } else {
                self.finish(key, ready as i32);
            }
            return multi;
        }
        let result = slot.op.call(Readiness::Reported);
        if result != -libc::EAGAIN {
            self.finish(key, result);
            return false;
        }
        if matches!(slot.op.need(), Need::Ready { .. }) {
            return true;
        }
        slot.watched = None;
        self.wait_for_need(key);
        false
    }

    /// Ends the registration of a watch that has no waiters (invariant 2).
    fn disarm(&mut self, fd: RawFd) {
        if let Some(watch) = self.watches.remove(&fd) {
            if watch.registered {
                // ENOENT and EBADF: the file is gone, and its registration with it.
                self.epoll.remove(fd);
            }
        }
    }

    pub(super) fn leave_watch(&mut self, fd: RawFd, key: Key) {
        let Some(watch) = self.watches.get_mut(&fd) else {
            return;
        };
        watch.waiters.retain(|&waiter| waiter != key);
        if watch.waiters.is_empty() {
            self.disarm(fd);
        }
    }
}
