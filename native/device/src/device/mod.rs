//! One device of a process: its memory, and a thread that hands it work.
//!
//! Who asks for work gets a [`Ticket`] at once. The device's thread (worker) splits it into
//! copies of pinned memory, keeps some in flight in a stream for each direction, and says when
//! all is done; what it works on it holds until then. PHP's thread never copies and never waits here.
//!
//! A process that forked has not got the thread, nor may it use the parent's driver: every
//! call in the child fails and says so, and what is dropped there is forgotten.

mod buffer;
mod job;
mod lane;
mod loan;
mod memory;
mod model;
mod order;
mod signal;
mod tensor;
mod worker;

pub use buffer::{Buffer, Place};
pub use job::{Outcome, Ticket, Work};
pub use loan::{Lent, Loan};
pub use model::{DeviceModel, Execution};
pub use signal::Signal;
pub use tensor::DeviceTensor;

use std::any::Any;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Instant;

use tusk_runtime::error::{Error, Kind as Failure};

use crate::driver::{Address, Driver, Kind};
use crate::limits::{CLOSE, JOBS};
use buffer::Block;
use job::Job;
use memory::{Memory, Reserved, class_of};

#[derive(Default)]
struct Queue {
    jobs: VecDeque<Job>,
    thread: Option<JoinHandle<()>>,
    closing: bool,
}

struct Shared {
    driver: Arc<dyn Driver>,
    ordinal: u32,
    process: u32,
    memory: Mutex<Memory>,
    queue: Mutex<Queue>,
}

/// See the module's description. Clones are the same device.
#[derive(Clone)]
pub struct Device(Arc<Shared>);

/// Numbers of a device, of this process only.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Buffers that exist.
    pub buffers: usize,
    /// Bytes they take.
    pub used: usize,
    /// Bytes kept for reuse.
    pub cached: usize,
    /// The quota.
    pub limit: Option<usize>,
    /// Allocations so far.
    pub allocations: u64,
    /// Those that found their memory in the cache.
    pub reused: u64,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing panics in the middle of a change under these locks.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Device {
    /// A device of a driver.
    ///
    /// # Errors
    /// `Device`: there is none with this number.
    pub fn new(driver: Arc<dyn Driver>, ordinal: u32) -> Result<Device, Error> {
        let count = driver.count()?;
        if ordinal >= count {
            return Err(Error::new(
                Failure::Device,
                "open a device",
                format!("there is no {} device {ordinal}, the driver has {count}", driver.kind().name()),
            )
            .hint("CUDA_VISIBLE_DEVICES, ASCEND_RT_VISIBLE_DEVICES and MLU_VISIBLE_DEVICES hide devices"));
        }
        Ok(Device(Arc::new(Shared {
            driver,
            ordinal,
            process: std::process::id(),
            memory: Mutex::default(),
            queue: Mutex::default(),
        })))
    }

    /// Its kind.
    pub fn kind(&self) -> Kind {
        self.0.driver.kind()
    }

    /// Its number.
    pub fn ordinal(&self) -> u32 {
        self.0.ordinal
    }

    /// `cuda:0`
    pub fn label(&self) -> String {
        match self.kind() {
            Kind::Host => "host".to_owned(),
            kind => format!("{}:{}", kind.name(), self.ordinal()),
        }
    }

    /// Its driver.
    pub fn driver(&self) -> &dyn Driver {
        &*self.0.driver
    }

    /// Are both the same device?
    pub fn is_same(&self, other: &Device) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    fn is_of_parent(&self) -> bool {
        self.0.process != std::process::id()
    }

    /// Fails in a process that was forked after the device was opened.
    ///
    /// # Errors
    /// `Misuse`.
    pub fn check(&self) -> Result<(), Error> {
        if self.is_of_parent() {
            return Err(Error::new(
                Failure::Misuse,
                "use a device",
                format!("{} was opened before this process forked, and its driver belongs to the parent", self.label()),
            )
            .hint("open it in the child: in workerman, in onWorkerStart"));
        }
        Ok(())
    }

    /// Its numbers.
    pub fn stats(&self) -> Stats {
        let memory = lock(&self.0.memory);
        Stats {
            buffers: memory.blocks,
            used: memory.used,
            cached: memory.cached,
            limit: memory.limit,
            allocations: memory.allocations,
            reused: memory.reused,
        }
    }

    /// Sets the quota: bytes in use and kept together.
    pub fn set_limit(&self, limit: Option<usize>) {
        lock(&self.0.memory).limit = limit;
    }

    /// Could a buffer of this length ever be had under the quota, with nothing else in use?
    pub fn fits(&self, length: usize) -> bool {
        let limit = lock(&self.0.memory).limit.unwrap_or(usize::MAX);
        class_of(length).is_some_and(|size| size <= limit)
    }

    /// Memory, from the cache if it has some. Its bytes are whatever they were.
    ///
    /// # Errors
    /// `Overloaded`: the quota does not allow it; [`Device::room`] tells when to ask again.
    /// `Device`: the driver has no memory. `Misuse`: see [`Device::check`].
    pub fn allocate(&self, place: Place, length: usize) -> Result<Buffer, Error> {
        self.check()?;
        let Some(size) = class_of(length) else {
            return Err(Error::new(
                Failure::Misuse,
                "allocate a buffer",
                format!("{length} bytes are more than memory"),
            ));
        };
        let reserved = lock(&self.0.memory).reserve(place, size);
        let address = match reserved {
            Reserved::Again(address) => address,
            Reserved::New(given_up) => {
                self.release(given_up);
                self.ask_driver(place, size)?
            }
            Reserved::Over => return Err(self.over(length)),
        };
        let block = Block {
            device: self.clone(),
            place,
            address,
            size,
            keeper: None,
        };
        Ok(Buffer::new(block, length))
    }

    /// Memory of this device that somebody else allocated, as a buffer. The keeper is dropped,
    /// in any thread, when the last view has gone and the device is done with it. It is not
    /// counted by the quota.
    pub fn adopt(
        &self,
        address: Address,
        length: usize,
        keeper: Box<dyn Any + Send + Sync>,
    ) -> Buffer {
        let block = Block {
            device: self.clone(),
            place: Place::Device,
            address,
            size: length,
            keeper: Some(keeper),
        };
        Buffer::new(block, length)
    }

    fn ask_driver(&self, place: Place, size: usize) -> Result<u64, Error> {
        let ask = || match place {
            Place::Device => self.0.driver.allocate(self.0.ordinal, size),
            Place::Pinned => self.0.driver.allocate_pinned(self.0.ordinal, size),
        };
        let given = ask().or_else(|error| {
            // What is kept for reuse may be in the way.
            if self.trim() == 0 { Err(error) } else { ask() }
        });
        if given.is_err() {
            let waiting = lock(&self.0.memory).unreserve(size);
            waiting.iter().for_each(|signal| signal.raise(()));
        }
        given
    }

    #[cold]
    fn over(&self, length: usize) -> Error {
        let stats = self.stats();
        let limit = stats.limit.unwrap_or(0);
        // Without it nobody would see why a length below the quota goes over it.
        let size = class_of(length).filter(|&size| (length..size).contains(&limit));
        let rounded = size.map_or_else(String::new, |size| format!(" ({size} rounded up)"));
        Error::new(
            Failure::Overloaded,
            "allocate a buffer",
            format!(
                "{length} bytes{rounded} go over the quota of {}: {} of {} bytes are in use by {} buffers",
                self.label(),
                stats.used,
                limit,
                stats.buffers
            ),
        )
        .hint("free buffers, wait for room (allocate's $timeout), or raise limit()")
    }

    /// Raised when memory has come back since.
    pub fn room(&self) -> Signal<()> {
        lock(&self.0.memory).wait()
    }

    pub(self) fn give_back(&self, place: Place, address: u64, size: usize) {
        if self.is_of_parent() {
            return;
        }
        let (kept, waiting) = lock(&self.0.memory).give_back(place, address, size);
        if !kept {
            self.release(vec![(place, size, address)]);
        }
        waiting.iter().for_each(|signal| signal.raise(()));
    }

    /// Gives what is kept for reuse back to the driver; how many bytes it was.
    pub fn trim(&self) -> usize {
        if self.is_of_parent() {
            return 0;
        }
        let cached = lock(&self.0.memory).take_cached();
        let bytes = cached.iter().map(|(_, size, _)| size).sum();
        self.release(cached);
        bytes
    }

    /// What the driver says to a free cannot be helped: a broken context took the memory along.
    fn release(&self, blocks: Vec<(Place, usize, u64)>) {
        for (place, _, address) in blocks {
            let _ = match place {
                Place::Device => self.0.driver.free(self.0.ordinal, address),
                Place::Pinned => self.0.driver.free_pinned(self.0.ordinal, address),
            };
        }
    }

    /// Asks for work.
    ///
    /// # Errors
    /// `Misuse`: lengths differ, or see [`Device::check`]. `Overloaded`: `limits::JOBS` wait.
    pub fn submit(&self, work: Work) -> Result<Ticket, Error> {
        self.check()?;
        let misfit = match &work {
            Work::Upload(storage, range, to) => {
                range.end > storage.bytes().len() || range.len() != to.len()
            }
            Work::Download(from, into) => from.len() != into.bytes().len(),
            Work::Copy(from, to) => from.len() != to.len(),
            Work::Fill(..) | Work::Execute(_) | Work::Lend(_) | Work::Fence => false,
        };
        if misfit {
            return Err(Error::new(
                Failure::Misuse,
                "copy",
                "both sides must have the same length",
            ));
        }
        let ticket = Ticket::new();
        let job = Job {
            work,
            ticket: ticket.clone(),
        };
        let mut queue = lock(&self.0.queue);
        if queue.closing {
            return Err(Error::new(
                Failure::Misuse,
                "use a device",
                "the script has ended",
            ));
        }
        if queue.jobs.len() >= JOBS {
            return Err(Error::new(
                Failure::Overloaded,
                "use a device",
                format!("{JOBS} jobs wait for {} already", self.label()),
            )
            .hint("bound the copies in flight with a Semaphore"));
        }
        queue.jobs.push_back(job);
        if queue.thread.is_none() {
            queue.thread = Some(worker::start(self)?);
        }
        if let Some(thread) = &queue.thread {
            thread.thread().unpark();
        }
        Ok(ticket)
    }

    /// Lends buffers to somebody who works on them by other means than [`Device::submit`]; true
    /// beside a buffer: its bytes are changed. They wait ([`Lent::wait`]) for what was asked
    /// before; what is asked afterwards waits for them.
    ///
    /// # Errors
    /// As [`Device::submit`].
    pub fn lend(&self, buffers: Vec<(Buffer, bool)>) -> Result<Lent, Error> {
        let (loan, lent) = Lent::new(self.clone(), buffers);
        self.submit(Work::Lend(loan))?;
        Ok(lent)
    }

    fn wake(&self) {
        if let Some(thread) = &lock(&self.0.queue).thread {
            thread.thread().unpark();
        }
    }

    /// Lets the thread finish what is queued and ends it, and gives back what is kept. Buffers
    /// that still exist are freed when they go.
    pub fn close(&self) {
        if self.is_of_parent() {
            return;
        }
        let thread = {
            let mut queue = lock(&self.0.queue);
            queue.closing = true;
            queue.thread.take()
        };
        if let Some(thread) = thread {
            thread.thread().unpark();
            let until = Instant::now() + CLOSE;
            while !thread.is_finished() && Instant::now() < until {
                std::thread::sleep(std::time::Duration::from_micros(100));
            }
            if thread.is_finished() {
                let _ = thread.join();
            }
        }
        lock(&self.0.memory).closed = true;
        self.trim();
    }
}
