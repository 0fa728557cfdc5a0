//! State of the PHP thread.

use std::cell::{RefCell, RefMut};
use std::sync::atomic::AtomicU64;

/// Counts switches and turns of the loop: who finds it unchanged knows that nobody else has
/// run since. Written by PHP's thread only; read by C and by the watchdog's thread.
#[unsafe(no_mangle)]
pub static tusk_beat: AtomicU64 = AtomicU64::new(0);

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
