//! A device's thread: jobs in, work in the device's streams, tickets out.
//!
//! States of a job, moved by this thread alone: queued → waiting (an earlier job uses the same
//! bytes and is not far enough) → begun (copies of it are in a stream or to come) → over (its
//! ticket is raised). A job that failed or was cancelled begins no more copies and is over when
//! those in flight are done, because the device may still work on its memory.
//! States of a flight: submitted → done or failed, found by its event. The driver's call back
//! only wakes the thread; where there is none, or it never comes because the work failed, the
//! event is asked after growing pauses.
//!
//! Invariants:
//! 1. Two jobs that use the same bytes, one of which writes them, are ordered as they were asked
//!    for: in one stream by the stream; in two the later one's stream waits for the event of
//!    the earlier one's last flight; and what the processor does itself waits until the earlier
//!    one is over.
//! 2. A buffer is held by its job until its last flight is done, so memory that comes back is in
//!    no stream.
//! 3. Staging memory is used by one flight at a time; an event by one flight, and it goes back
//!    when no stream waits for it any more. Those of a flight that failed are not used
//!    again, nor given back: the device may still write there.

mod fly;

use std::any::Any;
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use tusk_runtime::error::{Error, Kind as Failure};
use tusk_runtime::sys::signal;

use super::job::{Job, Work};
use super::lane::Lane;
use super::order::{Use, conflict};
use super::{Device, Shared, lock};
use crate::driver::{Event, Stream};
use crate::limits::{ACTIVE, IN_FLIGHT, POLL_CALLED, POLL_FIRST, POLL_LAST};
use crate::sys::pinned::Pinned;

struct Active {
    number: u64,
    job: Job,
    lane: Lane,
    uses: Vec<Use>,
    /// Earlier jobs that it must come after.
    after: Vec<u64>,
    begun: usize,
    /// Nothing of it is still to be begun.
    all_begun: bool,
    flying: usize,
    /// The event of its last flight, for streams that have to wait for it.
    last: Option<Rc<Event>>,
    failed: Option<Error>,
}

struct Flight {
    number: u64,
    event: Rc<Event>,
    /// Events that its stream waits for first.
    waits: Vec<Rc<Event>>,
    staging: Option<Pinned>,
    /// What the driver wants kept until it is done.
    kept: Option<Box<dyn Any>>,
    /// Which bytes of the job.
    place: usize,
    length: usize,
}

/// A stream and what is in it.
struct Line {
    stream: Stream,
    flights: VecDeque<Flight>,
    /// Does the driver call back?
    is_called: bool,
}

struct Worker {
    shared: Arc<Shared>,
    /// In the order of [`Lane::ALL`].
    lines: Vec<Line>,
    /// In the order of asking.
    active: VecDeque<Active>,
    staging: Vec<Pinned>,
    events: Vec<Event>,
    next: u64,
}

/// Starts it.
///
/// # Errors
/// The system gives no thread.
pub(super) fn start(device: &Device) -> Result<JoinHandle<()>, Error> {
    let shared = Arc::clone(&device.0);
    let blocked = signal::block_all();
    let started = std::thread::Builder::new()
        .name("tusk-device".to_owned())
        .spawn(move || run(shared));
    drop(blocked);
    started.map_err(|error| {
        Error::from_errno(
            "start a device's thread",
            error.raw_os_error().unwrap_or(libc::EAGAIN),
            "the system gave none",
        )
    })
}

fn run(shared: Arc<Shared>) {
    let streams: Result<Vec<Stream>, Error> = Lane::ALL
        .iter()
        .map(|_| shared.driver.stream(shared.ordinal))
        .collect();
    let mut worker = match streams {
        Ok(streams) => Worker::new(shared, streams),
        Err(error) => return refuse_all(&shared, &error),
    };
    let mut pause = POLL_FIRST;
    loop {
        let began = worker.begin();
        if worker.collect() || began {
            pause = POLL_FIRST;
            continue;
        }
        let flying = worker.lines.iter().filter(|line| !line.flights.is_empty());
        if let Some(is_called) = flying.map(|line| line.is_called).reduce(|a, b| a && b) {
            std::thread::park_timeout(if is_called { POLL_CALLED } else { pause });
            pause = (pause * 2).min(POLL_LAST);
        } else if !worker.active.is_empty() {
            // Buffers are lent; whoever gives them back wakes the thread.
            std::thread::park_timeout(POLL_CALLED);
        } else if !worker.wait() {
            break;
        }
    }
    worker.end();
}

/// Without streams nothing can be done; each job says why.
fn refuse_all(shared: &Shared, error: &Error) {
    loop {
        let (job, closing) = {
            let mut queue = lock(&shared.queue);
            (queue.jobs.pop_front(), queue.closing)
        };
        match job {
            Some(job) => job.ticket.done.raise(Err(error.clone())),
            None if closing => return,
            None => std::thread::park_timeout(Duration::from_secs(1)),
        }
    }
}

impl Worker {
    fn new(shared: Arc<Shared>, streams: Vec<Stream>) -> Worker {
        let line = |stream| Line {
            stream,
            flights: VecDeque::new(),
            is_called: true,
        };
        Worker {
            shared,
            lines: streams.into_iter().map(line).collect(),
            active: VecDeque::new(),
            staging: Vec::new(),
            events: Vec::new(),
            next: 0,
        }
    }

    /// Waits for jobs. False: none will come.
    fn wait(&self) -> bool {
        let (empty, closing) = {
            let queue = lock(&self.shared.queue);
            (queue.jobs.is_empty(), queue.closing)
        };
        if empty && !closing {
            // Whoever queues a job wakes the thread afterwards, so none is overlooked.
            std::thread::park_timeout(Duration::from_secs(1));
        }
        !(empty && closing)
    }

    /// Takes jobs from the queue, as many as are looked at side by side.
    fn admit(&mut self) {
        while self.active.len() < ACTIVE {
            let Some(job) = lock(&self.shared.queue).jobs.pop_front() else {
                return;
            };
            let uses = job.work.uses();
            let is_fence = matches!(job.work, Work::Fence);
            let earlier = self.active.iter();
            let after = earlier
                .filter(|earlier| is_fence || conflict(&earlier.uses, &uses))
                .map(|earlier| earlier.number)
                .collect();
            self.next += 1;
            self.active.push_back(Active {
                number: self.next,
                lane: Lane::of(&job.work),
                job,
                uses,
                after,
                begun: 0,
                all_begun: false,
                flying: 0,
                last: None,
                failed: None,
            });
        }
    }

    fn index_of(&self, number: u64) -> Option<usize> {
        self.active
            .binary_search_by_key(&number, |active| active.number)
            .ok()
    }

    /// Is everything before a job far enough (invariant 1)?
    fn is_ready(&self, job: &Active) -> bool {
        let by_hand = job.job.work.is_by_hand();
        job.after.iter().all(|&number| match self.index_of(number) {
            None => true,
            Some(index) => {
                let earlier = &self.active[index];
                !by_hand && !earlier.job.work.is_by_hand() && earlier.all_begun
            }
        })
    }

    /// Begins whatever may begin. False: nothing could.
    fn begin(&mut self) -> bool {
        self.admit();
        let mut any = false;
        let mut index = 0;
        while index < self.active.len() {
            let active = &self.active[index];
            let number = active.number;
            if !active.all_begun && active.job.ticket.is_cancelled() {
                let failed = Error::new(Failure::Cancelled, "copy", "it was cancelled");
                self.fail(index, failed);
                any = true;
            }
            while self.may_fly(index) {
                any = true;
                if let Err(error) = self.fly(index) {
                    self.fail(index, error);
                }
            }
            if self.settle(number) {
                any = true;
            } else {
                index += 1;
            }
        }
        any
    }

    fn may_fly(&self, index: usize) -> bool {
        let active = &self.active[index];
        let room = self.lines[active.lane as usize].flights.len() < IN_FLIGHT;
        let by_hand = active.job.work.is_by_hand();
        !active.all_begun && (room || by_hand) && (active.begun > 0 || self.is_ready(active))
    }

    fn fail(&mut self, index: usize, error: Error) {
        let active = &mut self.active[index];
        active.failed = Some(error);
        active.all_begun = true;
    }

    /// Takes what is done, in the order of each stream. False: nothing was.
    fn collect(&mut self) -> bool {
        let mut any = false;
        for lane in Lane::ALL {
            while let Some(flight) = self.lines[lane as usize].flights.front() {
                let (driver, ordinal) = (&self.shared.driver, self.shared.ordinal);
                let done = driver.is_done(ordinal, *flight.event);
                if matches!(done, Ok(false)) {
                    break;
                }
                let flight = self.lines[lane as usize].flights.pop_front();
                any = true;
                if let Some(flight) = flight {
                    self.land(flight, done.err());
                }
            }
        }
        any
    }

    fn land(&mut self, flight: Flight, failed: Option<Error>) {
        let number = flight.number;
        let Some(index) = self.index_of(number) else {
            return;
        };
        self.active[index].flying -= 1;
        match failed {
            None => {
                let work = &mut self.active[index].job.work;
                if let (Work::Download(_, into), Some(piece)) = (work, &flight.staging) {
                    piece.read(&mut into.bytes_mut()[flight.place..flight.place + flight.length]);
                }
                self.staging.extend(flight.staging);
                self.release(flight.event);
                flight
                    .waits
                    .into_iter()
                    .for_each(|event| self.release(event));
            }
            Some(error) => {
                std::mem::forget(flight.kept);
                self.fail(index, error);
            }
        }
        self.settle(number);
    }

    /// An event that one fewer needs.
    fn release(&mut self, event: Rc<Event>) {
        let Ok(event) = Rc::try_unwrap(event) else {
            return;
        };
        if self.shared.driver.reuses_events() {
            self.events.push(event);
        } else {
            let _ = self.shared.driver.destroy_event(self.shared.ordinal, event);
        }
    }

    /// Is the job over? Then whoever asked hears of it.
    fn settle(&mut self, number: u64) -> bool {
        let Some(index) = self.index_of(number) else {
            return false;
        };
        let active = &self.active[index];
        let lent = match &active.job.work {
            Work::Lend(loan) => active.failed.is_none() && !loan.is_over(),
            _ => false,
        };
        if !active.all_begun || active.flying > 0 || lent {
            return false;
        }
        let Some(active) = self.active.remove(index) else {
            return false;
        };
        if let (None, Some(event)) = (&active.failed, active.last) {
            self.release(event);
        }
        let Job { work, ticket } = active.job;
        let outcome = match (active.failed, work) {
            (Some(error), work) => {
                drop(work);
                Err(error)
            }
            (None, Work::Download(from, into)) => {
                drop(from);
                Ok(Some(into))
            }
            (None, work) => {
                // Buffers go before anybody hears of it, so that the memory is there again.
                drop(work);
                Ok(None)
            }
        };
        ticket.done.raise(outcome);
        true
    }

    fn end(self) {
        let (driver, ordinal) = (&self.shared.driver, self.shared.ordinal);
        for piece in self.staging {
            let _ = driver.free_pinned(ordinal, piece.address);
        }
        for event in self.events {
            let _ = driver.destroy_event(ordinal, event);
        }
        for line in self.lines {
            let _ = driver.destroy_stream(ordinal, line.stream);
        }
    }
}
