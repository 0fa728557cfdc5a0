//! WaitId: waits until a child of this process has something to tell.
//!
//! The ring does that by itself (Linux 6.7). The plain call looks, and what it then waits for is
//! in `watched`, which only `call` moves:
//! - `Not yet`: it was not called. The first call that finds nothing moves it to one of these.
//! - `Ending`: one child is waited for, and only for its end: its descriptor becomes readable.
//! - `Pause`: several are waited for, or stops, or there is no descriptor to be had (before
//!   Linux 5.3; too many open files). It is called again after a pause, which grows from call to call.

use super::{Need, Readiness};
use crate::Nanos;
use crate::sys::child;
use crate::sys::fd::{self, Fd};
use io_uring::{opcode, squeue};
use std::os::fd::RawFd;

/// Many children are waited for when they are about to end.
const FIRST_PAUSE: Nanos = 100_000;
/// Who has waited for long waits on for 10 ms more without noticing; a look costs a microsecond.
const LONGEST_PAUSE: Nanos = 10_000_000;

/// Whose end, or stop, is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Children {
    /// Any child's.
    Any,
    /// That of one.
    Process(i32),
    /// That of any in a process group.
    Group(i32),
    /// That of the one this descriptor is for (pidfd_open).
    Descriptor(RawFd),
}

impl Children {
    /// What waitid(2) means by its first arguments, if it can mean anything. The caller's own
    /// group is the one it has now.
    pub fn of_waitid(which: libc::idtype_t, id: libc::id_t) -> Option<Self> {
        let number = id as i32;
        Some(match which {
            libc::P_ALL => Children::Any,
            libc::P_PID => Children::Process(number),
            libc::P_PGID if number == 0 => Children::Group(child::own_group()),
            libc::P_PGID => Children::Group(number),
            libc::P_PIDFD => Children::Descriptor(number),
            _ => return None,
        })
    }

    fn for_waitid(self) -> (libc::idtype_t, libc::id_t) {
        match self {
            Children::Any => (libc::P_ALL, 0),
            Children::Process(id) => (libc::P_PID, id as libc::id_t),
            Children::Group(id) => (libc::P_PGID, id as libc::id_t),
            Children::Descriptor(fd) => (libc::P_PIDFD, fd as libc::id_t),
        }
    }
}

/// Result: 0 when one of the children has something to tell, `-ECHILD` when there is none
/// (any more).
///
/// It tells of a child and reaps none: who was waiting asks the kernel by wait4(2) or waitid(2)
/// with `WNOHANG`, and gets everything that call can say. Somebody else may have been faster:
/// then there is nothing, and this is submitted again.
#[derive(Debug)]
pub struct WaitId {
    children: Children,
    /// `WEXITED`, `WSTOPPED`, `WCONTINUED`, and which kinds of children count.
    events: i32,
    watched: Watched,
}

#[derive(Debug)]
enum Watched {
    NotYet,
    Ending(Fd),
    Pause(Nanos),
}

impl WaitId {
    /// Waits as waitid(2) with these options would: for `WEXITED`, `WSTOPPED` or `WCONTINUED`.
    pub fn new(children: Children, options: i32) -> Self {
        WaitId {
            children,
            events: options & !libc::WNOHANG,
            watched: Watched::NotYet,
        }
    }

    /// What fails at once: a process that is nobody's child.
    pub(crate) fn harmless() -> Self {
        Self::new(Children::Process(std::process::id() as i32), libc::WEXITED)
    }

    pub(super) fn entry(&self) -> squeue::Entry {
        let (which, id) = self.children.for_waitid();
        opcode::WaitId::new(which, id, self.events | libc::WNOWAIT).build()
    }

    pub(super) fn call(&mut self, _: Readiness) -> i32 {
        let (which, id) = match (self.children, &self.watched) {
            // The number may be another file's by now.
            (Children::Descriptor(_), Watched::Ending(own)) => Children::Descriptor(own.raw()),
            (children, _) => children,
        }
        .for_waitid();
        let result = child::look(which, id, self.events);
        if result == -libc::EAGAIN {
            self.watched = match std::mem::replace(&mut self.watched, Watched::NotYet) {
                Watched::NotYet => self.watch(),
                Watched::Ending(fd) => Watched::Ending(fd),
                Watched::Pause(pause) => Watched::Pause((pause * 2).min(LONGEST_PAUSE)),
            };
        }
        result
    }

    fn watch(&self) -> Watched {
        let ends_only = self.events & (libc::WSTOPPED | libc::WCONTINUED) == 0;
        let ending = match self.children {
            Children::Process(id) if ends_only => child::watch(id),
            Children::Descriptor(fd) if ends_only => fd::duplicate(fd),
            _ => return Watched::Pause(FIRST_PAUSE),
        };
        ending.map_or(Watched::Pause(FIRST_PAUSE), Watched::Ending)
    }

    pub(super) fn need(&self) -> Need {
        match &self.watched {
            Watched::NotYet => Need::Later(0),
            Watched::Ending(fd) => Need::Ready {
                fd: fd.raw(),
                events: libc::POLLIN as u32,
            },
            Watched::Pause(pause) => Need::Later(*pause),
        }
    }
}
