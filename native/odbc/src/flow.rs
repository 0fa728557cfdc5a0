//! A job's result on its way from the connection's thread to who waits for it.
//!
//! States, all under one lock: *begun* (nothing yet), *headed* (the columns of a result are known), *ended*
//! (with or without a failure); beside them *closed*, which the reader sets when it wants no
//! more. The connection's thread moves it forward, and never back. Batches queue in between;
//! the thread waits while more than `room` bytes of them do, until the reader takes some or
//! closes.
//!
//! Invariants:
//! 1. A flow ends: its [`Producer`] ends it when it is dropped, also by a panic.
//! 2. A reader registers its letter under the lock, and only when there is nothing for it yet:
//!    so no letter is missed, and none is posted that nobody opened.

use crate::failure::Failure;
use crate::limits::STREAM_BYTES;
use crate::sys::statement::Executed;
use crate::value::Batch;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use tusk_runtime::error::Kind;
use tusk_runtime::mailbox::Sender;
use tusk_runtime::reactor::{Letter, OpId};

/// What a reader waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interest {
    /// Columns, or the end.
    Head,
    /// A batch, or the end.
    Rows,
    /// The end.
    End,
}

/// What happens beyond the room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    /// The thread waits for the reader.
    Stream,
    /// The result is fetched whole, and fails beyond so many bytes.
    Whole(usize),
}

#[derive(Default)]
struct State {
    /// Of each result so far.
    heads: Vec<Executed>,
    /// Each with the number of its result.
    batches: VecDeque<(usize, Batch)>,
    bytes: usize,
    end: Option<Result<(), Failure>>,
    letter: Option<(Interest, OpId)>,
    closed: bool,
}

impl State {
    fn is_there(&self, interest: Interest) -> bool {
        self.end.is_some()
            || match interest {
                Interest::Head => !self.heads.is_empty(),
                Interest::Rows => !self.batches.is_empty(),
                Interest::End => false,
            }
    }
}

/// See the module's description.
pub struct Flow {
    state: Mutex<State>,
    /// `state.end` was set: what a reader may look at again and again.
    has_ended: AtomicBool,
    taken: Condvar,
    room: Room,
}

impl Flow {
    /// A flow that has begun.
    pub fn new(room: Room) -> Arc<Flow> {
        Arc::new(Flow {
            state: Mutex::default(),
            has_ended: AtomicBool::new(false),
            taken: Condvar::new(),
            room,
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has it ended? Takes no lock.
    pub fn has_ended(&self) -> bool {
        self.has_ended.load(Ordering::Acquire)
    }

    /// Is it there?
    pub fn is_there(&self, interest: Interest) -> bool {
        self.lock().is_there(interest)
    }

    /// Posts this letter when it is there. False: it is, and nothing is posted.
    pub fn wait(&self, interest: Interest, letter: OpId) -> bool {
        let mut state = self.lock();
        if state.is_there(interest) {
            return false;
        }
        state.letter = Some((interest, letter));
        true
    }

    /// Takes the letter back. False: it is on its way.
    pub fn unwait(&self, letter: OpId) -> bool {
        let mut state = self.lock();
        let registered = state.letter.is_some_and(|(_, other)| other == letter);
        if registered {
            state.letter = None;
        }
        registered
    }

    /// The head of the first result, once it is there.
    pub fn head(&self) -> Option<Executed> {
        self.lock().heads.first().cloned()
    }

    /// Everything there is, result by result.
    pub fn results(&self) -> Vec<(Executed, Vec<Batch>)> {
        let mut state = self.lock();
        let heads = std::mem::take(&mut state.heads).into_iter();
        let mut results: Vec<_> = heads.map(|head| (head, Vec::new())).collect();
        for (result, batch) in std::mem::take(&mut state.batches) {
            if let Some((_, batches)) = results.get_mut(result) {
                batches.push(batch);
            }
        }
        state.bytes = 0;
        results
    }

    /// The next batch.
    pub fn take(&self) -> Option<Batch> {
        let mut state = self.lock();
        let (_, batch) = state.batches.pop_front()?;
        state.bytes -= batch.size();
        self.taken.notify_one();
        Some(batch)
    }

    /// How it ended; the failure is handed out once, and after that it has ended well.
    pub fn end(&self) -> Option<Result<(), Failure>> {
        let mut state = self.lock();
        state.end.as_mut().map(|end| std::mem::replace(end, Ok(())))
    }

    /// The reader wants no more: the thread stops as soon as it looks.
    pub fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        state.batches.clear();
        state.bytes = 0;
        self.taken.notify_one();
    }
}

/// The end of a flow that the connection's thread holds.
pub struct Producer {
    flow: Arc<Flow>,
    sender: Sender<Letter>,
    ended: bool,
}

impl Producer {
    /// For a flow that nobody produces yet.
    pub fn new(flow: &Arc<Flow>, sender: Sender<Letter>) -> Producer {
        Producer {
            flow: Arc::clone(flow),
            sender,
            ended: false,
        }
    }

    /// Does the reader want no more?
    pub fn is_closed(&self) -> bool {
        self.flow.lock().closed
    }

    /// The statement has run, or has a further result.
    pub fn head(&self, head: Executed) {
        let mut state = self.flow.lock();
        state.heads.push(head);
        self.tell(state);
    }

    /// Hands a batch over; waits while a stream's reader has enough. False: the reader wants
    /// no more.
    ///
    /// # Errors
    /// `Overloaded` when the whole result is too large.
    pub fn push(&self, batch: Batch) -> Result<bool, Failure> {
        let mut state = self.flow.lock();
        state.bytes += batch.size();
        let result = state.heads.len().saturating_sub(1);
        state.batches.push_back((result, batch));
        match self.flow.room {
            Room::Whole(most) if state.bytes > most => {
                state.batches.clear();
                state.bytes = 0;
                return Err(Failure::of(
                    Kind::Overloaded,
                    "fetch a result",
                    format!(
                        "it has more than {} MiB; fetch it by stream(), or raise the option \"maxResult\"",
                        most >> 20
                    ),
                ));
            }
            Room::Whole(_) => return Ok(!state.closed),
            Room::Stream => {}
        }
        self.tell(state);
        let mut state = self.flow.lock();
        while state.bytes > STREAM_BYTES && !state.closed {
            let waited = self.flow.taken.wait(state);
            state = waited.unwrap_or_else(PoisonError::into_inner);
        }
        Ok(!state.closed)
    }

    /// The job has ended.
    pub fn end(mut self, end: Result<(), Failure>) {
        self.finish(end);
    }

    fn finish(&mut self, end: Result<(), Failure>) {
        if std::mem::replace(&mut self.ended, true) {
            return;
        }
        let mut state = self.flow.lock();
        state.end = Some(end);
        self.flow.has_ended.store(true, Ordering::Release);
        self.tell(state);
    }

    /// Posts the letter if what it waits for is there.
    fn tell(&self, mut state: MutexGuard<'_, State>) {
        let Some((interest, op)) = state.letter else {
            return;
        };
        if !state.is_there(interest) {
            return;
        }
        state.letter = None;
        drop(state);
        self.sender.send_owed(Letter { op, result: 0 });
    }
}

impl Drop for Producer {
    fn drop(&mut self) {
        self.finish(Err(Failure::of(
            Kind::Connection,
            "use an ODBC connection",
            "its thread has ended",
        )));
    }
}
