//! A device's thread: jobs in, copies in flight, tickets out.
//!
//! States of a job, moved by this thread alone: queued → active (copies of it are in flight or
//! to come) → over (its ticket is raised). A job that failed or was cancelled begins no more
//! copies and is over when those in flight are done, because the device may still work on its
//! memory.
//! States of a flight: submitted → done or failed, found by its event. The driver's call back
//! only wakes the thread; where there is none, or it never comes because the work failed, the
//! event is asked after growing pauses.
//!
//! Invariant: staging memory and events are used by one flight at a time; those of a flight
//! that failed are not used again, nor given back: the device may still write there.

use std::collections::VecDeque;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use tusk_runtime::error::{Error, Kind as Failure};
use tusk_runtime::sys::signal;

use super::buffer::Place;
use super::job::{Job, Work};
use super::{Device, Shared, lock};
use crate::driver::{Copy, Direction, Event, Stream};
use crate::limits::{IN_FLIGHT, POLL_CALLED, POLL_FIRST, POLL_LAST, STAGING};
use crate::sys::pinned::Pinned;

struct Active {
    job: Job,
    begun: usize,
    /// A job without bytes (a fence) has begun when its one empty flight has.
    all_begun: bool,
    flying: usize,
    failed: Option<Error>,
}

struct Flight {
    number: u64,
    event: Event,
    staging: Option<Pinned>,
    /// Which bytes of the job.
    place: usize,
    length: usize,
}

struct Worker {
    shared: Arc<Shared>,
    stream: Stream,
    active: VecDeque<(u64, Active)>,
    flights: VecDeque<Flight>,
    staging: Vec<Pinned>,
    events: Vec<Event>,
    next: u64,
    /// Does the driver call back?
    is_called: bool,
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
    let stream = shared.driver.stream(shared.ordinal);
    let mut worker = match stream {
        Ok(stream) => Worker {
            shared,
            stream,
            active: VecDeque::new(),
            flights: VecDeque::new(),
            staging: Vec::new(),
            events: Vec::new(),
            next: 0,
            is_called: true,
        },
        Err(error) => return refuse_all(&shared, &error),
    };
    let mut pause = POLL_FIRST;
    loop {
        worker.begin();
        let progressed = worker.collect();
        if progressed {
            pause = POLL_FIRST;
            continue;
        }
        if !worker.flights.is_empty() {
            std::thread::park_timeout(if worker.is_called { POLL_CALLED } else { pause });
            pause = (pause * 2).min(POLL_LAST);
        } else if !worker.wait() {
            break;
        }
    }
    worker.end();
}

/// Without a stream nothing can be done; each job says why.
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

    /// Begins copies until enough are in flight.
    fn begin(&mut self) {
        while self.flights.len() < IN_FLIGHT {
            let unfinished = self.active.iter().position(|(_, active)| !active.all_begun);
            let index = match unfinished {
                Some(index) => index,
                None => {
                    let Some(job) = lock(&self.shared.queue).jobs.pop_front() else {
                        return;
                    };
                    self.next += 1;
                    let active = Active {
                        job,
                        begun: 0,
                        all_begun: false,
                        flying: 0,
                        failed: None,
                    };
                    self.active.push_back((self.next, active));
                    self.active.len() - 1
                }
            };
            if self.active[index].1.job.work.is_direct() && !self.flights.is_empty() {
                return;
            }
            let Some((number, mut active)) = self.active.remove(index) else {
                return;
            };
            if active.job.ticket.is_cancelled() {
                active.failed = Some(Error::new(Failure::Cancelled, "copy", "it was cancelled"));
                active.all_begun = true;
            } else if let Err(error) = self.fly(number, &mut active) {
                active.failed = Some(error);
                active.all_begun = true;
            }
            self.active.insert(index, (number, active));
            self.settle(number);
        }
    }

    /// Begins one copy of a job.
    fn fly(&mut self, number: u64, active: &mut Active) -> Result<(), Error> {
        let (driver, ordinal) = (Arc::clone(&self.shared.driver), self.shared.ordinal);
        let event = match self.events.pop() {
            Some(event) => event,
            None => driver.event(ordinal)?,
        };
        let total = active.job.work.length();
        let place = active.begun;
        let mut length = total - place;
        let mut staging = None;
        match &mut active.job.work {
            Work::Upload(storage, range, to) => {
                let bytes = &storage.bytes()[range.clone()];
                if to.is_direct() {
                    to.direct().write(bytes);
                    storage.check()?;
                } else if length > 0 {
                    length = length.min(STAGING);
                    let mut piece = self.piece()?;
                    piece.write(&bytes[place..place + length]);
                    storage.check()?;
                    let copy = Copy {
                        to: to.address() + place as u64,
                        from: piece.address,
                        length,
                        direction: Direction::ToDevice,
                    };
                    driver.copy(ordinal, self.stream, &copy)?;
                    staging = Some(piece);
                }
            }
            Work::Download(from, into) => {
                if from.is_direct() {
                    from.direct().read(into.bytes_mut());
                } else if length > 0 {
                    length = length.min(STAGING);
                    let piece = self.piece()?;
                    let copy = Copy {
                        to: piece.address,
                        from: from.address() + place as u64,
                        length,
                        direction: Direction::FromDevice,
                    };
                    driver.copy(ordinal, self.stream, &copy)?;
                    staging = Some(piece);
                }
            }
            Work::Copy(from, to) if from.is_direct() && to.is_direct() => {
                to.direct().copy(&from.direct());
            }
            Work::Copy(from, to) if length > 0 => {
                let direction = match (from.place(), to.place()) {
                    (Place::Pinned, Place::Device) => Direction::ToDevice,
                    (Place::Device, Place::Pinned) => Direction::FromDevice,
                    _ if from.device().is_same(to.device()) => Direction::Within,
                    _ => Direction::FromPeer(from.device().ordinal()),
                };
                let copy = Copy {
                    to: to.address(),
                    from: from.address(),
                    length,
                    direction,
                };
                driver.copy(ordinal, self.stream, &copy)?;
            }
            Work::Fill(to, byte) if to.is_direct() => to.direct().fill(*byte),
            Work::Fill(to, byte) if length > 0 => {
                driver.fill(ordinal, self.stream, to.address(), *byte, length)?;
            }
            Work::Copy(..) | Work::Fill(..) | Work::Fence => {}
        }
        if let Err(error) = driver.record(ordinal, event, self.stream) {
            active.job.work.leak();
            return Err(error);
        }
        let me = std::thread::current();
        self.is_called = driver
            .notify(ordinal, self.stream, Box::new(move || me.unpark()))
            .unwrap_or(false);
        self.flights.push_back(Flight {
            number,
            event,
            staging,
            place,
            length,
        });
        active.begun += length;
        active.all_begun = active.begun == total;
        active.flying += 1;
        Ok(())
    }

    fn piece(&mut self) -> Result<Pinned, Error> {
        if let Some(piece) = self.staging.pop() {
            return Ok(piece);
        }
        let address = self
            .shared
            .driver
            .allocate_pinned(self.shared.ordinal, STAGING)?;
        Ok(Pinned {
            address,
            length: STAGING,
        })
    }

    /// Takes what is done, in order. False: nothing was.
    fn collect(&mut self) -> bool {
        let mut any = false;
        while let Some(flight) = self.flights.front() {
            let done = self
                .shared
                .driver
                .is_done(self.shared.ordinal, flight.event);
            if matches!(done, Ok(false)) {
                break;
            }
            let Some(flight) = self.flights.pop_front() else {
                break;
            };
            any = true;
            let Some((_, active)) = self
                .active
                .iter_mut()
                .find(|(number, _)| *number == flight.number)
            else {
                continue;
            };
            active.flying -= 1;
            match done {
                Ok(_) => {
                    if let (Work::Download(_, into), Some(piece)) =
                        (&mut active.job.work, &flight.staging)
                    {
                        piece.read(
                            &mut into.bytes_mut()[flight.place..flight.place + flight.length],
                        );
                    }
                    self.staging.extend(flight.staging);
                    self.events.push(flight.event);
                }
                Err(error) => {
                    active.failed = Some(error);
                    active.all_begun = true;
                }
            }
            self.settle(flight.number);
        }
        any
    }

    /// Is the job over?
    fn settle(&mut self, number: u64) {
        let over = self
            .active
            .iter()
            .position(|(other, active)| *other == number && active.all_begun && active.flying == 0);
        let Some((_, active)) = over.and_then(|index| self.active.remove(index)) else {
            return;
        };
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
    }

    fn end(self) {
        let (driver, ordinal) = (&self.shared.driver, self.shared.ordinal);
        for piece in self.staging {
            let _ = driver.free_pinned(ordinal, piece.address);
        }
        for event in self.events {
            let _ = driver.destroy_event(ordinal, event);
        }
        let _ = driver.destroy_stream(ordinal, self.stream);
    }
}
