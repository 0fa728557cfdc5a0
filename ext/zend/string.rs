//! PHP strings whose bytes other threads may read.
//!
//! PHP changes a string in place only while nobody else holds it, so the reference that is
//! held here freezes the bytes. The reference count is not atomic: it is raised when the
//! string is held and lowered again by PHP's thread alone. A string that another thread lets
//! go of is laid aside, and given up when PHP's thread comes by.
//!
//! Invariant: strings are of the request in which they were held, and its memory goes with
//! it. `ROUND` counts requests; what is dropped in a later one is forgotten. Whoever lets
//! threads read has ended that before the request ends.

use std::any::Any;
use std::cell::Cell;
use std::mem::ManuallyDrop;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use tusk_device::storage::Owner;

use super::value::{Value, Zval};

static ROUND: AtomicU64 = AtomicU64::new(0);
static LAID_ASIDE: Mutex<Vec<(u64, Zval)>> = Mutex::new(Vec::new());

thread_local! {
    static IS_PHP: Cell<bool> = const { Cell::new(false) };
}

/// A string and the bytes in it.
pub struct HeldString {
    value: ManuallyDrop<Value>,
    bytes: *const [u8],
    round: u64,
}

// SAFETY: other threads read the bytes, which do not change (see above), and never the value.
unsafe impl Send for HeldString {}
// SAFETY: as above.
unsafe impl Sync for HeldString {}

impl HeldString {
    /// Holds a string; `None` when it is none. Only in PHP's thread, as everything here.
    pub fn new(value: Value) -> Option<HeldString> {
        sweep();
        let bytes: *const [u8] = value.as_bytes()?;
        Some(HeldString {
            bytes,
            value: ManuallyDrop::new(value),
            round: ROUND.load(Ordering::Relaxed),
        })
    }

    /// The string, in PHP's thread.
    pub fn value(&self) -> Option<Value> {
        IS_PHP.get().then(|| (*self.value).clone())
    }
}

impl Owner for HeldString {
    fn bytes(&self) -> &[u8] {
        // SAFETY: the reference keeps the string, and its bytes stay (see above).
        unsafe { &*self.bytes }
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Drop for HeldString {
    fn drop(&mut self) {
        if self.round != ROUND.load(Ordering::Relaxed) {
            return;
        }
        // SAFETY: taken once, here.
        let value = unsafe { ManuallyDrop::take(&mut self.value) };
        if IS_PHP.get() {
            drop(value);
        } else {
            laid_aside().push((self.round, value.into_raw()));
        }
    }
}

fn laid_aside() -> std::sync::MutexGuard<'static, Vec<(u64, Zval)>> {
    LAID_ASIDE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Gives up what other threads have let go of. Called when a string is held, when what was
/// done with one is over, and at the end of the request.
pub fn sweep() {
    // A string has no destructor, so nothing of PHP runs under the lock.
    for (round, raw) in laid_aside().drain(..) {
        if round == ROUND.load(Ordering::Relaxed) {
            drop(Value::from_raw(raw));
        }
    }
}

/// A request begins: strings that were held in the one before went with its memory.
pub fn request_begins() {
    IS_PHP.set(true);
    ROUND.fetch_add(1, Ordering::Relaxed);
    laid_aside().clear();
}
