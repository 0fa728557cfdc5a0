//! Who says whether one more connection may exist at all: a limit that several pools share,
//! in this process or in all workers of a machine.
//!
//! Invariant: [`Allowance::give_back`] is called once for each [`Allowance::try_take`] that
//! returned true, when its connection is closed or could not be made.

/// See the module's description. Called with no borrow of a pool but the caller's own.
pub trait Allowance {
    /// One more, if there is one left. Never waits.
    fn try_take(&self) -> bool;

    /// One less.
    fn give_back(&self);
}

/// No limit beyond the pool's own.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unlimited;

impl Allowance for Unlimited {
    fn try_take(&self) -> bool {
        true
    }

    fn give_back(&self) {}
}
