//! The child of a fork: connections are the parent's. The child forgets them without a word on
//! the wire, and its pools begin anew.

use tusk_runtime::sys::clock;

use super::{all, fresh, upkeep};
use crate::zend::engine;

/// In the child.
pub fn forked() {
    upkeep::forget();
    for host in all() {
        let config = host.config();
        let seed = clock::now() ^ u64::from(std::process::id());
        let fresh = fresh(config, seed, host.budget.as_ref());
        drop(host.pool.replace(fresh));
        host.owners.borrow_mut().clear();
        host.drained.borrow_mut().clear();
        host.armed.set(u64::MAX);
        let things = std::mem::take(&mut *host.things.borrow_mut());
        for thing in things.into_iter().flatten() {
            engine::forget_silently(thing);
        }
    }
}
