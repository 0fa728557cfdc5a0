//! Waits for ops. The op's memory belongs to the kernel until its final completion, so a
//! wait that ends early cancels the op and stays until that has come.

use std::os::fd::RawFd;

use tusk_runtime::op::{Op, Poll};
use tusk_runtime::reactor::{OpId, Reactor};
use tusk_runtime::sys::fd;
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
///
/// The poll of the target at `kept` stays armed when it was waited for in vain, for the next
/// such wait; its descriptor's close has to be reported ([`Reactor::forget_kept_poll`]).
pub fn poll_many(
    targets: &[(RawFd, u16)],
    revents: &mut [u16],
    ends: Ends,
    deadline: Option<u64>,
    kept: Option<usize>,
) -> OpEnd {
    let mut ids: Vec<Option<OpId>> = vec![None; targets.len()];
    loop {
        let mut taken = false;
        let ended = wait(ends, deadline, |core, waiter| {
            for (index, (id, &(fd, events))) in ids.iter_mut().zip(targets).enumerate() {
                *id = None;
                if kept == Some(index) {
                    *id = core.reactor.take_kept_poll(fd, events, waiter);
                    taken = id.is_some();
                }
                if id.is_none() && fd >= 0 {
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
        let given_up = !matches!(ended, Ok(()) | Err(Ended::Deadline));
        let mut ready = settle_many(targets, revents, &ids, kept.filter(|_| !given_up));
        if let Some(index) = kept.filter(|&index| taken && revents[index] != 0) {
            // What it reports may have come, and been taken, before this wait.
            let (fd, events) = targets[index];
            revents[index] = fd::poll_now(fd, u32::from(events)).max(0) as u16;
            if revents[index] == 0 {
                ready -= 1;
                if ready == 0 && ended.is_ok() {
                    continue;
                }
            }
        }
        return match ended {
            Err(ended) if ready == 0 => Err(ended),
            _ => Ok(ready),
        };
    }
}

/// The wait is over: polls that have not completed are ended, but for the one to keep.
fn settle_many(
    targets: &[(RawFd, u16)],
    revents: &mut [u16],
    ids: &[Option<OpId>],
    keep: Option<usize>,
) -> i32 {
    let mut is_kept = false;
    core::with(|core| {
        for (index, (id, &(fd, events))) in ids.iter().zip(targets).enumerate() {
            let Some(id) = *id else { continue };
            if keep == Some(index) && core.reactor.keep_poll(id, fd, events) {
                is_kept = true;
            } else if !core.reactor.is_complete(id) {
                core.reactor.cancel_op(id);
            }
        }
    });
    let mut ready = 0;
    for (index, (id, revents)) in ids.iter().zip(revents.iter_mut()).enumerate() {
        *revents = 0;
        let Some(id) = *id else { continue };
        if is_kept && keep == Some(index) {
            continue;
        }
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
    ready
}
