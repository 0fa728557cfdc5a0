//! Beginning one piece of a job: by hand, or in its stream.

use std::any::Any;
use std::rc::Rc;
use std::sync::Arc;

use tusk_runtime::error::Error;

use super::super::buffer::Place;
use super::super::job::Work;
use super::super::model::Execution;
use super::{Flight, Worker};
use crate::driver::{Copy, Direction, Driver, Event, ModelRun, Stream};
use crate::limits::STAGING;
use crate::sys::pinned::Pinned;

/// What was given to a stream.
#[derive(Default)]
struct Given {
    length: usize,
    staging: Option<Pinned>,
    kept: Option<Box<dyn Any>>,
}

/// The stream of one device that it is given to.
struct On<'a> {
    driver: &'a dyn Driver,
    ordinal: u32,
    stream: Stream,
}

impl On<'_> {
    fn copy(&self, to: u64, from: u64, length: usize, direction: Direction) -> Result<(), Error> {
        let copy = Copy {
            to,
            from,
            length,
            direction,
        };
        self.driver.copy(self.ordinal, self.stream, &copy)
    }

    fn execute(&self, run: &Execution) -> Result<Box<dyn Any>, Error> {
        let parts = |buffers: &[super::super::Buffer]| -> Vec<(u64, usize)> {
            let buffers = buffers.iter();
            buffers.map(|part| (part.address(), part.len())).collect()
        };
        let (inputs, outputs) = (parts(&run.inputs), parts(&run.outputs));
        let slot = run.model.info().batch_slot;
        let run = ModelRun {
            model: run.model.number(),
            inputs: &inputs,
            outputs: &outputs,
            batch: slot
                .zip(run.batch)
                .map(|((place, _), batch)| (place, batch)),
        };
        self.driver
            .models()?
            .execute(self.ordinal, self.stream, &run)
    }
}

impl Worker {
    /// Begins the next piece of a job.
    pub(super) fn fly(&mut self, index: usize) -> Result<(), Error> {
        if self.active[index].job.work.is_by_hand() {
            self.do_by_hand(index)?;
            self.active[index].all_begun = true;
            return Ok(());
        }
        let total = self.active[index].job.work.length();
        if total == 0 && !matches!(self.active[index].job.work, Work::Execute(_)) {
            self.active[index].all_begun = true;
            return Ok(());
        }
        let waits = self.wait_for_others(index)?;
        let staging = match self.active[index].job.work {
            Work::Upload(..) | Work::Download(..) => Some(self.piece()?),
            _ => None,
        };
        let event = self.new_event()?;
        self.submit(index, total, staging, waits, event)
    }

    /// The memory is the processor's own, and nothing in a stream uses it (invariant 1).
    fn do_by_hand(&mut self, index: usize) -> Result<(), Error> {
        match &mut self.active[index].job.work {
            Work::Upload(storage, range, to) => {
                to.direct().write(&storage.bytes()[range.clone()]);
                storage.check()?;
            }
            Work::Download(from, into) => from.direct().read(into.bytes_mut()),
            Work::Copy(from, to) => to.direct().copy(&from.direct()),
            Work::Fill(to, byte) => to.direct().fill(*byte),
            Work::Lend(loan) => loan.begin(),
            Work::Execute(_) | Work::Fence => {}
        }
        Ok(())
    }

    /// Before its first piece, the job's stream waits for those that it must come after.
    fn wait_for_others(&mut self, index: usize) -> Result<Vec<Rc<Event>>, Error> {
        let job = &self.active[index];
        let mut waits = Vec::new();
        if job.begun > 0 {
            return Ok(waits);
        }
        let stream = self.lines[job.lane as usize].stream;
        for &number in &job.after {
            let Some(earlier) = self.index_of(number).map(|index| &self.active[index]) else {
                continue;
            };
            if let (true, Some(event)) = (earlier.lane != job.lane, &earlier.last) {
                let (driver, ordinal) = (&self.shared.driver, self.shared.ordinal);
                driver.wait_for(ordinal, stream, **event)?;
                waits.push(Rc::clone(event));
            }
        }
        Ok(waits)
    }

    fn new_event(&mut self) -> Result<Rc<Event>, Error> {
        let event = match self.events.pop() {
            Some(event) => event,
            None => self.shared.driver.event(self.shared.ordinal)?,
        };
        Ok(Rc::new(event))
    }

    fn piece(&mut self) -> Result<Pinned, Error> {
        if let Some(piece) = self.staging.pop() {
            return Ok(piece);
        }
        let (driver, ordinal) = (&self.shared.driver, self.shared.ordinal);
        let address = driver.allocate_pinned(ordinal, STAGING)?;
        Ok(Pinned {
            address,
            length: STAGING,
        })
    }

    fn submit(
        &mut self,
        index: usize,
        total: usize,
        mut staging: Option<Pinned>,
        waits: Vec<Rc<Event>>,
        event: Rc<Event>,
    ) -> Result<(), Error> {
        let driver = Arc::clone(&self.shared.driver);
        let active = &mut self.active[index];
        let line = &mut self.lines[active.lane as usize];
        let on = On {
            driver: &*driver,
            ordinal: self.shared.ordinal,
            stream: line.stream,
        };
        let place = active.begun;
        let given = match give(&on, &active.job.work, place, total, &mut staging) {
            Ok(given) => given,
            Err(error) => {
                // It is in no stream; what was taken for it goes back.
                self.staging.extend(staging);
                self.release(event);
                return Err(error);
            }
        };
        let recorded = driver.record(on.ordinal, *event, on.stream);
        if let Err(error) = recorded {
            active.job.work.leak();
            std::mem::forget((given.kept, waits));
            return Err(error);
        }
        let me = std::thread::current();
        line.is_called = driver
            .notify(on.ordinal, on.stream, Box::new(move || me.unpark()))
            .unwrap_or(false);
        active.begun += given.length;
        active.all_begun = active.begun == total;
        active.flying += 1;
        let before = active.last.replace(Rc::clone(&event));
        line.flights.push_back(Flight {
            number: active.number,
            event,
            waits,
            staging: given.staging,
            kept: given.kept,
            place,
            length: given.length,
        });
        before.into_iter().for_each(|event| self.release(event));
        Ok(())
    }
}

/// Gives the piece of a job at `place` to its stream. `staging` is taken when it was used.
fn give(
    on: &On<'_>,
    work: &Work,
    place: usize,
    total: usize,
    staging: &mut Option<Pinned>,
) -> Result<Given, Error> {
    let mut given = Given {
        length: total - place,
        ..Given::default()
    };
    match (work, staging.as_mut()) {
        (Work::Upload(storage, range, to), Some(piece)) => {
            given.length = given.length.min(STAGING);
            let from = range.start + place;
            piece.write(&storage.bytes()[from..from + given.length]);
            storage.check()?;
            let to = to.address() + place as u64;
            on.copy(to, piece.address, given.length, Direction::ToDevice)?;
        }
        (Work::Download(from, _), Some(piece)) => {
            given.length = given.length.min(STAGING);
            let from = from.address() + place as u64;
            on.copy(piece.address, from, given.length, Direction::FromDevice)?;
        }
        (Work::Copy(from, to), _) => {
            let direction = match (from.place(), to.place()) {
                (Place::Pinned, Place::Device) => Direction::ToDevice,
                (Place::Device, Place::Pinned) => Direction::FromDevice,
                _ if from.device().is_same(to.device()) => Direction::Within,
                _ => Direction::FromPeer(from.device().ordinal()),
            };
            on.copy(to.address(), from.address(), given.length, direction)?;
        }
        (Work::Fill(to, byte), _) => {
            let (at, length) = (to.address(), given.length);
            on.driver.fill(on.ordinal, on.stream, at, *byte, length)?;
        }
        (Work::Execute(run), _) => given.kept = Some(on.execute(run)?),
        _ => {}
    }
    given.staging = staging.take();
    Ok(given)
}
