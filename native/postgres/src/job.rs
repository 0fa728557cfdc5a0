//! One piece of work for a connection, shared by who waits for it and who does it.
//!
//! ```text
//!            submit           handed to a session         its ReadyForQuery
//!   caller ────────▶ Queued ─────────────────────▶ Taken ───────────────────▶ Done
//!                     ▲                              │  lost, not executed
//!                     └──────────────────────────────┘  (once)
//! ```
//! The caller moves it to nowhere: one who gives up clears `wanted`, and the answer is dropped
//! when it comes. Only the pool and the session change the state.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use tusk_runtime::task::Waiter;

use crate::failure::Failure;
use crate::sql::{Class, classify};
use crate::types::{Decoder, Param};

/// How much of a query's answer is wanted at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fetch {
    /// All rows.
    All,
    /// What the statement is, without running it.
    Describe,
    /// So many rows, and the rest when they are asked for.
    Some(u32),
    /// The same by a portal with a name, in a transaction: other statements can come between.
    Portal(u32),
}

/// What is to be done.
#[derive(Clone, Debug)]
pub enum Work {
    /// One statement with parameters, by the extended protocol.
    Query {
        /// Its text.
        sql: Rc<str>,
        /// What it does to the session.
        class: Class,
        /// Its parameters.
        params: Rc<[Param]>,
        /// See [`Fetch`].
        fetch: Fetch,
    },
    /// A command without parameters, by the simple protocol: BEGIN, COPY, LISTEN.
    Command(Rc<str>),
    /// A connection for the caller alone.
    Lease,
}

/// See the module's description.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It waits for a connection.
    Queued,
    /// A session has it.
    Taken,
    /// It has ended.
    Done,
}

/// A column of a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: Vec<u8>,
    /// Its type's number.
    pub oid: u32,
    /// How its values are read.
    pub decoder: Decoder,
}

/// Rows as they came: the bodies of DataRow messages, one after the other.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

/// What has come of it so far.
#[derive(Debug, Default)]
pub struct Reply {
    /// Of the rows.
    pub columns: Option<Rc<[Column]>>,
    /// Numbers of the parameters' types.
    pub parameters: Option<Rc<[u32]>>,
    /// The rows.
    pub rows: Rows,
    /// `SELECT 3`, `INSERT 0 1` …
    pub tag: String,
    /// There are more rows to be fetched.
    pub suspended: bool,
    /// By this portal.
    pub portal: Option<Rc<str>>,
    /// COPY has begun.
    pub copying: bool,
    /// COPY data that came and was not taken.
    pub chunks: VecDeque<Vec<u8>>,
    /// Bytes of it.
    pub chunk_bytes: usize,
    /// Which connection is leased, or does it.
    pub connection: Option<u64>,
}

/// A job's inside.
#[derive(Debug)]
pub struct Inside {
    /// What is to be done.
    pub work: Work,
    /// How far it is.
    pub state: State,
    /// Who is woken by the next news.
    pub waiter: Option<Waiter>,
    /// Does anybody want the answer?
    pub wanted: bool,
    /// It is not cancelled although nobody does.
    pub spared: bool,
    /// How often it was tried again because it had not been executed.
    pub retries: u8,
    /// Cancels of ours that were meant for others and hit this.
    pub hits: u8,
    /// What came.
    pub reply: Reply,
    /// Why it failed.
    pub failure: Option<Failure>,
}

/// See the module's description. Borrows last no longer than a look.
#[derive(Debug)]
pub struct Job(RefCell<Inside>);

/// A job as all who have to do with it hold it.
pub type Ticket = Rc<Job>;

impl Work {
    /// One statement.
    pub fn query(sql: &str, params: Vec<Param>, fetch: Fetch) -> Work {
        Work::Query {
            sql: sql.into(),
            class: classify(sql),
            params: params.into(),
            fetch,
        }
    }
}

impl Job {
    /// New work.
    pub fn new(work: Work) -> Ticket {
        Rc::new(Job(RefCell::new(Inside {
            work,
            state: State::Queued,
            waiter: None,
            wanted: true,
            spared: false,
            retries: 0,
            hits: 0,
            reply: Reply::default(),
            failure: None,
        })))
    }

    /// What it does to the session that does it.
    pub fn class(&self) -> Class {
        match &self.0.borrow().work {
            Work::Query { class, .. } => *class,
            Work::Command(_) | Work::Lease => Class::Other,
        }
    }

    /// Looks at it or changes it. `f` must not come back here.
    pub fn with<R>(&self, f: impl FnOnce(&mut Inside) -> R) -> R {
        f(&mut self.0.borrow_mut())
    }

    /// Has it ended?
    pub fn is_done(&self) -> bool {
        self.0.borrow().state == State::Done
    }

    /// Does anybody want the answer?
    pub fn is_wanted(&self) -> bool {
        self.0.borrow().wanted
    }

    /// It has ended; who waits is returned.
    pub fn finish(&self, failure: Option<Failure>) -> Option<Waiter> {
        let mut inside = self.0.borrow_mut();
        inside.state = State::Done;
        if failure.is_some() {
            inside.failure = failure;
        }
        inside.waiter.take()
    }
}

impl Rows {
    /// Takes the rows, and leaves room for as many.
    pub fn take(&mut self) -> Rows {
        std::mem::take(self)
    }

    /// Adds the body of a DataRow.
    pub fn push(&mut self, body: &[u8]) {
        self.bytes.extend_from_slice(body);
        self.ends.push(self.bytes.len());
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Are there none?
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Bytes held.
    pub fn size(&self) -> usize {
        self.bytes.len()
    }

    /// The fields of a row, NULL as `None`; what is cut off ends them.
    pub fn fields(&self, row: usize) -> Fields<'_> {
        let end = self.ends.get(row).copied().unwrap_or(0);
        let begin = match row.checked_sub(1) {
            Some(before) => self.ends.get(before).copied().unwrap_or(0),
            None => 0,
        };
        let body = self.bytes.get(begin..end).unwrap_or_default();
        // The count of fields comes first; the columns tell it, too.
        Fields(body.get(2..).unwrap_or_default())
    }
}

/// Iterates over a row.
#[derive(Debug)]
pub struct Fields<'a>(&'a [u8]);

impl<'a> Iterator for Fields<'a> {
    type Item = Option<&'a [u8]>;

    fn next(&mut self) -> Option<Option<&'a [u8]>> {
        let (length, rest) = self.0.split_first_chunk::<4>()?;
        let length = i32::from_be_bytes(*length);
        self.0 = rest;
        if length < 0 {
            return Some(None);
        }
        let field = rest.get(..length as usize)?;
        self.0 = &rest[field.len()..];
        Some(Some(field))
    }
}
