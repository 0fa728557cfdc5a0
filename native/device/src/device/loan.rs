//! Buffers lent to somebody who works on them by other means than this device's streams: a
//! library that computes on the same device.
//!
//! States of a loan, and who moves it: queued → begun by the device's thread, when nothing
//! before it uses the buffers any more; begun → over by [`Lent`]'s drop. What comes after and
//! uses the same bytes waits until it is over.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::Device;
use super::buffer::Buffer;
use super::order::Use;
use super::signal::Signal;

/// The device's side.
pub struct Loan {
    buffers: Vec<(Buffer, bool)>,
    /// True, or false where it will never begin.
    begun: Signal<bool>,
    over: Arc<AtomicBool>,
}

impl Drop for Loan {
    fn drop(&mut self) {
        self.begun.raise(false);
    }
}

impl Loan {
    pub(super) fn uses(&self) -> Vec<Use> {
        let buffers = self.buffers.iter();
        buffers
            .map(|(buffer, writes)| buffer.used(*writes))
            .collect()
    }

    pub(super) fn begin(&self) {
        self.begun.raise(true);
    }

    pub(super) fn is_over(&self) -> bool {
        self.over.load(Ordering::Acquire)
    }
}

/// The borrower's side: the buffers are theirs from [`Lent::wait`] until it is dropped.
pub struct Lent {
    device: Device,
    begun: Signal<bool>,
    over: Arc<AtomicBool>,
}

impl Lent {
    /// `writes`: does the borrower change the buffer's bytes?
    pub(super) fn new(device: Device, buffers: Vec<(Buffer, bool)>) -> (Loan, Lent) {
        let (begun, over) = (Signal::default(), Arc::default());
        let loan = Loan {
            buffers,
            begun: Signal::clone(&begun),
            over: Arc::clone(&over),
        };
        let lent = Lent {
            device,
            begun,
            over,
        };
        (loan, lent)
    }

    /// Blocks this thread until the buffers are free, which is said once. False: they will never
    /// be, the device cannot be used. `None`: not within that time.
    pub fn wait(&self, most: Duration) -> Option<bool> {
        self.begun.wait(most)
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Release);
        self.device.wake();
    }
}
