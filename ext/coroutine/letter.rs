//! Waits for a letter from a thread that can be asked to forget it.

use tusk_runtime::reactor::OpId;
use tusk_runtime::task::Ends;

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
