//! State of the PHP thread.

use std::cell::{RefCell, RefMut};

/// A value that only PHP's thread touches.
///
/// Borrowed for one call at a time; a second borrow while one is alive is a bug of ours
/// and panics, which becomes `Tusk\PanicError`.
pub struct PhpThread<T>(RefCell<T>);

// SAFETY: invariant 1 of the parent module: the only thread that reaches such a static is
// PHP's.
unsafe impl<T> Sync for PhpThread<T> {}

impl<T> PhpThread<T> {
    /// For statics.
    pub const fn new(value: T) -> PhpThread<T> {
        PhpThread(RefCell::new(value))
    }

    /// Runs `f` with the value. `f` must not call PHP, switch, or drop PHP values.
    #[inline]
    pub fn with<R>(&self, f: impl FnOnce(&mut T) -> R) -> R {
        f(&mut self.0.borrow_mut())
    }

    /// A guard, for start-up and shutdown.
    pub fn lock(&self) -> RefMut<'_, T> {
        self.0.borrow_mut()
    }
}
