//! How other threads hand values to the loop, and wake it when it sleeps.
//!
//! Many senders, one receiver, a lock-free queue, and one eventfd that is written only
//! while the receiver has said that it sleeps: under load no system call is made.
//!
//! States of `sleeping`, and who moves it:
//! - `false` → `true`: the receiver, in [`Mailbox::prepare_sleep`], which then looks at
//!   the queue once more and goes back to `false` if something is there.
//! - `true` → `false`: one sender, which then writes the eventfd; or the receiver, in
//!   [`Mailbox::awake`].
//!
//! Invariants:
//! 1. A sender pushes before it looks at `sleeping`; the receiver sets `sleeping` before it
//!    looks at the queue. Both with sequentially consistent order, so at least one
//!    of them sees the other: no value is left behind by a receiver that sleeps.
//! 2. Per sleep at most one sender writes.
//!
//! The loom models in `tests/loom_mailbox.rs` try all interleavings of these.

#[cfg(loom)]
use crate::mailbox::modelled::{Queue, Wake};
#[cfg(loom)]
use loom::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering, fence},
};

#[cfg(not(loom))]
use crate::sys::eventfd::EventFd as Wake;
#[cfg(not(loom))]
use crossbeam_queue::SegQueue as Queue;
#[cfg(not(loom))]
use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering, fence},
};

use crate::error::Error;
use crate::limits::{MAILBOX_DRAIN, MAILBOX_ITEMS};
use std::os::fd::RawFd;

struct Shared<T> {
    queue: Queue<T>,
    /// Values in the queue or about to be pushed; bounds it.
    queued: AtomicUsize,
    sleeping: AtomicBool,
    closed: AtomicBool,
    wake: Wake,
}

/// The receiving end, in the loop's thread.
pub struct Mailbox<T> {
    shared: Arc<Shared<T>>,
}

/// The sending end, for any thread.
pub struct Sender<T> {
    shared: Arc<Shared<T>>,
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        Sender {
            shared: Arc::clone(&self.shared),
        }
    }
}

impl<T> Mailbox<T> {
    /// An empty mailbox.
    ///
    /// # Errors
    /// `Overloaded` when no descriptor is left for the eventfd.
    pub fn new() -> Result<Self, Error> {
        let wake = Wake::new().map_err(|errno| {
            Error::from_errno("make a mailbox", errno, "the kernel gave no eventfd")
                .hint("raise the limit on open files (ulimit -n)")
        })?;
        Ok(Mailbox {
            shared: Arc::new(Shared {
                queue: Queue::new(),
                queued: AtomicUsize::new(0),
                sleeping: AtomicBool::new(false),
                closed: AtomicBool::new(false),
                wake,
            }),
        })
    }

    /// A sender for another thread.
    pub fn sender(&self) -> Sender<T> {
        Sender {
            shared: Arc::clone(&self.shared),
        }
    }

    /// Readable when a sender woke the sleeping receiver.
    pub fn fd(&self) -> RawFd {
        self.shared.wake.fd()
    }

    /// Announces that the receiver is about to sleep on [`Mailbox::fd`]. False: something
    /// is in the mailbox, drain it instead of sleeping. True: whatever is sent from now
    /// on makes the descriptor readable; call [`Mailbox::awake`] after the sleep.
    #[must_use]
    pub fn prepare_sleep(&self) -> bool {
        // A swap costs what a sequentially consistent store costs, and puts all changes of
        // the flag into one chain of read-modify-writes, which loom can follow.
        self.shared.sleeping.swap(true, Ordering::SeqCst);
        fence(Ordering::SeqCst);
        if self.shared.queue.is_empty() {
            return true;
        }
        self.awake(false);
        false
    }

    /// The receiver does not sleep any more: senders need not wake it. `readable`: the
    /// descriptor was found so.
    pub fn awake(&self, readable: bool) {
        // Who finds it false was woken, or is about to be: a sender has taken the flag but
        // may not have written yet. What it writes later ends the next sleep early, and is
        // cleared then, though nobody has taken the flag of that sleep.
        if !self.shared.sleeping.swap(false, Ordering::SeqCst) || readable {
            self.shared.wake.clear();
        }
    }

    /// In the child of a fork: forgets the mailbox. A thread of the parent may have been in
    /// the middle of a push, which here never ends, so the queue is not touched but
    /// leaked; only the child's copy of the descriptor is closed. Its senders are not used
    /// any more; the child makes a mailbox of its own.
    pub fn abandon(self) {
        crate::sys::fd::close(self.fd());
        std::mem::forget(self);
    }

    /// Hands out what is there, at most `limits::MAILBOX_DRAIN` values; how many it was.
    pub fn drain(&self, mut take: impl FnMut(T)) -> usize {
        for count in 0..MAILBOX_DRAIN {
            let Some(value) = self.shared.queue.pop() else {
                return count;
            };
            self.shared.queued.fetch_sub(1, Ordering::Relaxed);
            take(value);
        }
        MAILBOX_DRAIN
    }
}

impl<T> Drop for Mailbox<T> {
    fn drop(&mut self) {
        // Senders may outlive the receiver; what they send is given back to them. A value
        // pushed at this very moment is dropped with the last sender.
        self.shared.closed.store(true, Ordering::SeqCst);
        while self.shared.queue.pop().is_some() {}
    }
}

impl<T> Sender<T> {
    /// Puts a value into the mailbox and wakes the receiver if it sleeps.
    ///
    /// # Errors
    /// Gives the value back when the receiver is gone or `limits::MAILBOX_ITEMS` wait.
    pub fn send(&self, value: T) -> Result<(), T> {
        self.put(value)?;
        self.wake();
        Ok(())
    }

    /// Puts a value into the mailbox, for who has several: [`Sender::wake`] has to follow, or
    /// a receiver that sleeps is not told.
    ///
    /// # Errors
    /// See [`Sender::send`].
    pub fn put(&self, value: T) -> Result<(), T> {
        if self.shared.closed.load(Ordering::SeqCst) {
            return Err(value);
        }
        if self.shared.queued.fetch_add(1, Ordering::Relaxed) >= MAILBOX_ITEMS {
            self.shared.queued.fetch_sub(1, Ordering::Relaxed);
            return Err(value);
        }
        self.shared.queue.push(value);
        Ok(())
    }

    /// Is the receiver gone? Then nothing that is sent arrives any more.
    pub fn is_closed(&self) -> bool {
        self.shared.closed.load(Ordering::SeqCst)
    }

    /// Wakes the receiver if it sleeps.
    pub fn wake(&self) {
        fence(Ordering::SeqCst);
        if self.shared.sleeping.load(Ordering::SeqCst)
            && self.shared.sleeping.swap(false, Ordering::SeqCst)
        {
            self.shared.wake.signal();
        }
    }

    /// Sends what somebody waits for and nothing else will replace, such as the letter of an op
    /// that is open, also when `limits::MAILBOX_ITEMS` wait: who asks is bounded where they ask, and
    /// what is owed to them may be sent by the receiver's own thread, which cannot wait for room.
    /// Without a receiver it is dropped.
    pub fn send_owed(&self, value: T) {
        if self.is_closed() {
            return;
        }
        self.shared.queued.fetch_add(1, Ordering::Relaxed);
        self.shared.queue.push(value);
        self.wake();
    }
}

/// Stand-ins that loom can look into: a locked queue, and a counter for the eventfd.
#[cfg(loom)]
mod modelled {
    use loom::sync::Mutex;
    use std::collections::VecDeque;
    use std::os::fd::RawFd;

    pub(super) struct Queue<T>(Mutex<VecDeque<T>>);

    impl<T> Queue<T> {
        pub(super) fn new() -> Self {
            Queue(Mutex::new(VecDeque::new()))
        }

        pub(super) fn push(&self, value: T) {
            self.0.lock().expect("no panic in a model").push_back(value);
        }

        pub(super) fn pop(&self) -> Option<T> {
            self.0.lock().expect("no panic in a model").pop_front()
        }

        pub(super) fn is_empty(&self) -> bool {
            self.0.lock().expect("no panic in a model").is_empty()
        }
    }

    pub(super) struct Wake(Mutex<u64>);

    impl Wake {
        pub(super) fn new() -> Result<Self, i32> {
            Ok(Wake(Mutex::new(0)))
        }

        pub(super) fn signal(&self) {
            *self.0.lock().expect("no panic in a model") += 1;
        }

        pub(super) fn clear(&self) -> u64 {
            std::mem::take(&mut *self.0.lock().expect("no panic in a model"))
        }

        /// In a model the "descriptor" is the counter's value, so that a test can see
        /// whether a sleeper would be woken.
        pub(super) fn fd(&self) -> RawFd {
            *self.0.lock().expect("no panic in a model") as RawFd
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::sys::fd::poll_now;

    fn readable<T>(mailbox: &Mailbox<T>) -> bool {
        poll_now(mailbox.fd(), libc::POLLIN as u32) > 0
    }

    #[test]
    fn a_wake_that_came_after_waking_does_not_keep_the_eventfd_readable() {
        let mailbox = Mailbox::<u32>::new().expect("mailbox");
        assert!(mailbox.prepare_sleep());
        mailbox.awake(false);
        // The sender that had taken the flag gets to write now.
        mailbox.shared.wake.signal();
        assert!(mailbox.prepare_sleep());
        assert!(readable(&mailbox));
        mailbox.awake(true);
        assert!(!readable(&mailbox));
    }

    #[test]
    fn the_eventfd_is_written_once_and_only_for_a_sleeper() {
        let mailbox = Mailbox::new().expect("mailbox");
        let sender = mailbox.sender();
        sender.send(1).expect("room");
        assert!(!readable(&mailbox));
        assert!(!mailbox.prepare_sleep());
        let mut got = Vec::new();
        mailbox.drain(|value| got.push(value));
        assert!(mailbox.prepare_sleep());
        sender.send(2).expect("room");
        sender.send(3).expect("room");
        assert!(readable(&mailbox));
        mailbox.awake(true);
        assert!(!readable(&mailbox));
        mailbox.drain(|value| got.push(value));
        assert_eq!(got, [1, 2, 3]);
    }

    #[test]
    fn beyond_the_bound_and_after_the_end_values_come_back() {
        let mailbox = Mailbox::new().expect("mailbox");
        let sender = mailbox.sender();
        for value in 0..MAILBOX_ITEMS {
            sender.send(value).expect("room");
        }
        assert_eq!(sender.send(7), Err(7));
        assert_eq!(mailbox.drain(drop), MAILBOX_DRAIN);
        sender.send(8).expect("room again");
        drop(mailbox);
        assert_eq!(sender.send(9), Err(9));
    }

    #[test]
    fn many_threads_lose_nothing() {
        let mailbox = Mailbox::new().expect("mailbox");
        let threads: Vec<_> = (0..4)
            .map(|_| {
                let sender = mailbox.sender();
                std::thread::spawn(move || (1..=1000u64).all(|value| sender.send(value).is_ok()))
            })
            .collect();
        let (mut count, mut sum) = (0, 0);
        while count < 4000 {
            count += mailbox.drain(|value| sum += value);
            if count < 4000 && mailbox.prepare_sleep() {
                let mut fds = [libc::pollfd {
                    fd: mailbox.fd(),
                    events: libc::POLLIN,
                    revents: 0,
                }];
                crate::sys::fd::poll_many(&mut fds, None, None);
                mailbox.awake(true);
            }
        }
        assert_eq!(sum, 4 * 500_500);
        for thread in threads {
            assert!(thread.join().expect("thread"));
        }
    }
}
