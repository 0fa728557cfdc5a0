//! Has the server closed a connection that is about to be lent? The kernel knows, and is asked
//! before anything is sent, so that another connection can be taken without doing anything twice.
//!
//! It costs a system call, which is not made where the answer cannot have changed: for a connection
//! whose server has answered in this turn of the loop. Since then nobody has waited for anything.

use std::cell::RefCell;

use tusk_pool::pool::{Fate, Lease};
use tusk_runtime::sys::clock;

use super::Host;
use crate::core;
use crate::zend::engine;

/// A turn in which somebody computes can be long. What has answered so long ago is looked at all
/// the same: the look costs a thousandth of it.
const FRESH_NS: u64 = 300_000;

/// When each connection's server has answered, as far as somebody said so: the turn and the time.
#[derive(Default)]
pub(super) struct Answers(RefCell<Vec<(u64, u64)>>);

/// The number of this turn; `None`: nobody else is here, and waiting does not count turns.
fn turn() -> Option<u64> {
    core::with(|core| core.is_concurrent().then_some(core.reactor.stats.turns))
}

impl Answers {
    fn note(&self, lease: Lease, now: u64) {
        let Some(turn) = turn() else { return };
        let mut answers = self.0.borrow_mut();
        if answers.len() <= lease.index() {
            answers.resize(lease.index() + 1, (u64::MAX, 0));
        }
        answers[lease.index()] = (turn, now);
    }

    fn is_fresh(&self, lease: Lease, now: u64) -> bool {
        let answered = self.0.borrow().get(lease.index()).copied();
        answered.is_some_and(|(turn_then, at)| {
            now.saturating_sub(at) < FRESH_NS && turn() == Some(turn_then)
        })
    }
}

impl Host {
    /// Is a look due before this one is lent?
    pub(super) fn has_rested(&self, lease: Lease, now: u64) -> bool {
        !self.answers.is_fresh(lease, now)
    }

    /// Its server has just answered.
    pub fn has_answered(&self, lease: Lease) {
        self.answers.note(lease, clock::now());
    }

    /// Has the peer closed the connection of this loan, as far as the kernel knows?
    pub fn has_hung_up(&self, lease: Lease) -> bool {
        self.thing(lease)
            .is_some_and(|thing| engine::hung_up(&thing))
    }

    /// Closes one that was to be lent and whose peer has closed it, and the idle ones like it.
    pub(super) fn close_hung_up(&self, lease: Lease) {
        self.pool
            .borrow_mut()
            .release(lease, Fate::Retire, clock::now());
        drop(self.remove(lease.index()));
        self.drop_hung_up();
    }

    /// Closes idle connections whose peers have: when one was found broken, the others are looked
    /// at, so that sockets do not lie about half closed until somebody takes them.
    pub fn drop_hung_up(&self) {
        let idle: Vec<usize> = self.pool.borrow().idle().collect();
        for index in idle {
            let gone = self.at(index).is_some_and(|thing| engine::hung_up(&thing));
            if gone {
                self.pool.borrow_mut().found_broken(index, clock::now());
            }
        }
        self.settle();
    }
}
