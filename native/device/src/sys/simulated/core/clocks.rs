//! What is ordered after what, whatever time it took: a clock for each stream and one for the
//! host, which events carry from one to another (vector clocks, as race detectors have them).
//!
//! Work that is given to a stream comes after what its clock and the host's hold. A stream that
//! waits for an event takes over the clock that the event was recorded with; the host does when
//! it asks and hears that the event is done. Two accesses of one place by different streams,
//! one of them a write, race unless the later one's clock holds the earlier one.

use std::collections::HashMap;
use std::sync::Mutex;

use super::{RACES, lock};

/// By stream: how much of its work came before.
pub type Clock = HashMap<u64, u64>;

/// Puts into a clock what another holds.
pub fn join(into: &mut Clock, other: &Clock) {
    for (&stream, &at) in other {
        let held = into.entry(stream).or_default();
        *held = (*held).max(at);
    }
}

static HOST: Mutex<Option<Clock>> = Mutex::new(None);

/// The host has seen an event done.
pub fn host_saw(clock: &Clock) {
    join(lock(&HOST).get_or_insert_default(), clock);
}

/// Puts the host's clock into that of work which the host gives to a stream.
pub fn after_host(clock: &mut Clock) {
    join(clock, lock(&HOST).get_or_insert_default());
}

fn host_saw_work(stream: u64, at: u64) -> bool {
    let host = lock(&HOST);
    host.as_ref()
        .and_then(|host| host.get(&stream))
        .is_some_and(|&seen| seen >= at)
}

/// Who accesses: a stream, and its clock then.
#[derive(Clone)]
pub struct Who {
    pub stream: u64,
    pub clock: Clock,
}

struct Access {
    start: usize,
    end: usize,
    writes: bool,
    stream: u64,
    at: u64,
}

/// Accesses of a region that the host has not seen done.
#[derive(Default)]
pub struct Accesses(Vec<Access>);

impl Accesses {
    /// Counts a race with each earlier access that nothing orders before this one. Asked in the
    /// order of submission, so that no delay hides one.
    pub fn add(&mut self, who: &Who, start: usize, length: usize, writes: bool) {
        let end = start + length;
        self.0
            .retain(|access| !host_saw_work(access.stream, access.at));
        for access in &self.0 {
            let conflict = access.start < end && start < access.end && (writes || access.writes);
            let before = who.clock.get(&access.stream).copied().unwrap_or(0) >= access.at;
            if conflict && access.stream != who.stream && !before {
                RACES.more();
            }
        }
        self.0.push(Access {
            start,
            end,
            writes,
            stream: who.stream,
            at: who.clock.get(&who.stream).copied().unwrap_or(0),
        });
    }

    /// May work on the region still run?
    pub fn in_use(&self) -> bool {
        self.0
            .iter()
            .any(|access| !host_saw_work(access.stream, access.at))
    }
}
