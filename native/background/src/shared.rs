//! What the two threads share.

use crate::descriptors::Descriptors;
use crate::handle::Job;
use crossbeam_queue::SegQueue;
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Notify;
use tusk_runtime::mailbox::Sender;
use tusk_runtime::reactor::{Letter, OpId};

/// See the module's description.
pub(crate) struct Shared {
    /// Jobs of PHP's thread, and how many there are.
    pub(crate) jobs: SegQueue<Job>,
    pub(crate) job_count: AtomicUsize,
    /// Jobs were queued since the thread was woken last.
    pub(crate) unrung: AtomicBool,
    /// Wakes the thread for its jobs, or to end.
    pub(crate) bell: Notify,
    /// The thread is to end.
    pub(crate) closing: AtomicBool,
    /// This process is a child that forked from the thread's.
    pub(crate) lost: AtomicBool,
    /// Letters that were not posted yet.
    pub(crate) letters: Mutex<Vec<OpId>>,
    /// Wakes the task that posts them.
    pub(crate) post: Notify,
    /// The loop's mailbox.
    pub(crate) mailbox: Sender<Letter>,
    /// Connections.
    pub(crate) descriptors: Arc<Descriptors>,
    /// Starts tasks.
    pub(crate) tokio: tokio::runtime::Handle,
}

impl Shared {
    /// All letters there are. Only the background thread takes this lock.
    pub(crate) fn take_letters(&self) -> Vec<OpId> {
        let mut letters = self.letters.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut letters)
    }
}
