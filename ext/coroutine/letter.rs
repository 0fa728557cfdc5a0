//! Waits for letters from other threads. The three differ in what a wait that ends early does:
//! ask the thread to forget the letter, leave it to come and be dropped, or stay for it.

use tusk_runtime::reactor::{OpId, Reactor};
use tusk_runtime::task::{Ends, Waiter};

use super::op::{OpEnd, reap};
use super::wait::{Ended, wait};
use crate::core;

/// Waits for the letter whose number `register` gets; false from it means that there is
/// nothing to wait for. When the wait ends early, `withdraw` is asked whether the other
/// thread has forgotten the letter; otherwise it is on its way, and is dropped when it comes.
pub fn wait_letter(
    ends: Ends,
    deadline: Option<u64>,
    register: impl FnOnce(OpId) -> bool,
    withdraw: impl FnOnce(OpId) -> bool,
) -> Result<(), Ended> {
    let mut opened = None;
    let ended = wait(ends, deadline, |core, waiter| {
        let op = core.reactor.open_letter(Some(waiter));
        if register(op) {
            opened = Some(op);
        } else {
            core.reactor.withdraw_letter(op);
        }
        opened.is_some()
    });
    let Some(op) = opened else { return ended };
    core::with(|core| {
        if core.reactor.take_result(op).is_some() {
            return Ok(());
        }
        if withdraw(op) {
            core.reactor.withdraw_letter(op);
        } else {
            core.reactor.forget(op);
        }
        ended
    })
}

/// Waits for a letter another thread posts for `id`. The other thread owns what it works
/// on, so a wait that ends early leaves the letter to arrive and be dropped. `None`: `open` had
/// none to wait for. A wait that was refused because a cancel is due did not even ask it.
pub fn read_letter(
    ends: Ends,
    deadline: Option<u64>,
    open: impl FnOnce(&mut Reactor, Waiter) -> Option<OpId>,
) -> Option<OpEnd> {
    let mut opened = None;
    let ended = wait(ends, deadline, |core, waiter| {
        opened = open(&mut core.reactor, waiter);
        opened.is_some()
    });
    let Some(id) = opened else {
        return ended.err().map(Err);
    };
    if let Some(result) = core::with(|core| core.reactor.take_result(id)) {
        return Some(Ok(result));
    }
    core::with(|core| core.reactor.forget(id));
    Some(Err(ended.err().unwrap_or(Ended::Cancelled)))
}

/// The same for a thread that works on what the waiting frame owns: this returns only when
/// the letter is there, whatever else happens.
pub fn await_letter(open: impl FnOnce(&mut Reactor, Waiter) -> Option<OpId>) -> Option<i32> {
    let mut opened = None;
    let _ = wait(Ends::Never, None, |core, waiter| {
        opened = open(&mut core.reactor, waiter);
        opened.is_some()
    });
    let id = opened?;
    reap(id);
    Some(core::with(|core| core.reactor.take_result(id)).unwrap_or(-libc::ECANCELED))
}
