//! Call backs that a thread of the caller fetches: ACL's older kind.

use std::collections::{HashMap, VecDeque};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use super::{Handle, REPORTS, call_back, lock, push_plain};

type Report = (extern "C" fn(Handle), usize);

#[derive(Default)]
struct Subscribed {
    /// Streams, and the thread that each is subscribed by.
    streams: HashMap<usize, u64>,
    /// By thread.
    reports: HashMap<u64, VecDeque<Report>>,
}

static SUBSCRIBED: Mutex<Option<Subscribed>> = Mutex::new(None);
static CAME: Condvar = Condvar::new();

/// What `aclrtProcessReport` may find.
pub enum Processed {
    One,
    Nothing,
    NotSubscribed,
}

pub fn subscribe(thread: u64, stream: Handle) {
    let mut all = lock(&SUBSCRIBED);
    let all = all.get_or_insert_default();
    all.streams.insert(stream as usize, thread);
    all.reports.entry(thread).or_default();
}

/// False: it was not subscribed.
pub fn unsubscribe(thread: u64, stream: Handle) -> bool {
    let mut all = lock(&SUBSCRIBED);
    let all = all.get_or_insert_default();
    all.streams.remove(&(stream as usize)) == Some(thread)
}

/// False: nobody subscribed to the stream.
pub fn push_report(
    stream: Handle,
    function: extern "C" fn(Handle),
    argument: Handle,
) -> super::Outcome<bool> {
    let thread = {
        let mut all = lock(&SUBSCRIBED);
        let streams = &all.get_or_insert_default().streams;
        streams.get(&(stream as usize)).copied()
    };
    let Some(thread) = thread else {
        return Ok(false);
    };
    let argument = argument as usize;
    push_plain(stream, move || {
        let mut all = lock(&SUBSCRIBED);
        let reports = &mut all.get_or_insert_default().reports;
        reports
            .entry(thread)
            .or_default()
            .push_back((function, argument));
        CAME.notify_all();
    })?;
    Ok(true)
}

/// Runs one report of the calling thread.
pub fn process_report(thread: u64, timeout: Duration) -> Processed {
    let all = lock(&SUBSCRIBED);
    let is_subscribed = |all: &Option<Subscribed>| {
        all.as_ref()
            .is_some_and(|all| all.streams.values().any(|&other| other == thread))
    };
    if !is_subscribed(&all) {
        return Processed::NotSubscribed;
    }
    let has_none = |all: &mut Option<Subscribed>| {
        let all = all.as_ref();
        all.and_then(|all| all.reports.get(&thread))
            .is_none_or(VecDeque::is_empty)
    };
    let (mut all, _) = CAME
        .wait_timeout_while(all, timeout, has_none)
        .unwrap_or_else(PoisonError::into_inner);
    let report = all
        .as_mut()
        .and_then(|all| all.reports.get_mut(&thread)?.pop_front());
    drop(all);
    match report {
        Some((function, argument)) => {
            REPORTS.more();
            call_back(function, argument);
            Processed::One
        }
        None => Processed::Nothing,
    }
}
