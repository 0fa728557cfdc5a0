//! Waits for ops. The op's memory belongs to the kernel until its final completion, so a
//! wait that ends early cancels the op and stays until that has come.

use std::os::fd::RawFd;

use tusk_runtime::op::{Op, Poll};
use tusk_runtime::reactor::{OpId, Reactor};
use tusk_runtime::task::{Ends, Waiter};

use super::wait::{Ended, wait};
use crate::core;

/// How a wait for an op ended: its result, or why it was given up. An op that completed
/// while it was being given up counts as completed: nothing read or written is lost.
pub type OpEnd = Result<i32, Ended>;

/// Submits the op `make` builds and waits for its result.
pub fn wait_op(
    ends: Ends,
    deadline: Option<u64>,
    make: impl FnOnce(&mut Reactor, Waiter) -> Result<OpId, tusk_runtime::error::Error>,
) -> OpEnd {
    let mut submitted = Err(libc::ENOMEM);
    let ended = wait(ends, deadline, |core, waiter| {
        match make(&mut core.reactor, waiter) {
            Ok(id) => {
                submitted = Ok(id);
                true
            }
            Err(error) => {
                submitted = Err(error.errno().unwrap_or(libc::ENOMEM));
                false
            }
        }
    });
    match submitted {
        Ok(id) => settle(id, ended),
        Err(errno) => match ended {
            Err(ended) => Err(ended),
            Ok(()) => Ok(-errno),
        },
    }
}

fn settle(id: OpId, ended: Result<(), Ended>) -> OpEnd {
    if let Some(result) = core::with(|core| core.reactor.take_result(id)) {
        return Ok(result);
    }
    core::with(|core| core.reactor.cancel_op(id));
    reap(id);
    let result = core::with(|core| core.reactor.take_result(id)).unwrap_or(-libc::ECANCELED);
    match ended {
        Err(ended) if result == -libc::ECANCELED => Err(ended),
        _ => Ok(result),
    }
}

/// Waits until the kernel has let go of the op, whatever else happens.
pub(super) fn reap(id: OpId) {
    while !core::with(|core| core.reactor.is_complete(id)) {
        let _ = wait(Ends::Never, None, |core, waiter| {
            core.reactor.set_waiter(id, Some(waiter));
            !core.reactor.is_complete(id)
        });
    }
}

/// Waits until the descriptor is ready: its revents.
pub fn poll(fd: RawFd, events: u16, ends: Ends, deadline: Option<u64>) -> OpEnd {
    wait_op(ends, deadline, |reactor, waiter| {
        reactor.submit(
            Op::Poll(Poll {
                fd,
                events,
                multi: false,
            }),
            Some(waiter),
        )
    })
}

/// Waits until one of several is ready; fills `revents` and returns how many are.
pub fn poll_many(
    targets: &[(RawFd, u16)],
    revents: &mut [u16],
    ends: Ends,
    deadline: Option<u64>,
) -> OpEnd {
    let mut ids: Vec<Option<OpId>> = vec![None; targets.len()];
    let ended = wait(ends, deadline, |core, waiter| {
        for (id, &(fd, events)) in ids.iter_mut().zip(targets) {
            if fd >= 0 {
                let op = Op::Poll(Poll {
                    fd,
                    events,
                    multi: false,
                });
                *id = core.reactor.submit(op, Some(waiter)).ok();
            }
        }
        true
    });
    let mut ready = 0;
    core::with(|core| {
        for id in ids.iter().flatten() {
            if !core.reactor.is_complete(*id) {
                core.reactor.cancel_op(*id);
            }
        }
    });
    for (id, revents) in ids.iter().zip(revents.iter_mut()) {
        let Some(id) = *id else { continue };
        reap(id);
        match core::with(|core| core.reactor.take_result(id)) {
            Some(result) if result > 0 => {
                *revents = result as u16;
                ready += 1;
            }
            Some(result) if result < 0 && result != -libc::ECANCELED => {
                *revents = libc::POLLNVAL as u16;
                ready += 1;
            }
            _ => {}
        }
    }
    match ended {
        Err(ended) if ready == 0 => Err(ended),
        _ => Ok(ready),
    }
}
