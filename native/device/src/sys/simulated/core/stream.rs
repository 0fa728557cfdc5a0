//! Streams, events and what is given to them.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::clocks::{self, Clock, Who};
use super::memory::memory;
use super::{
    BREAK_AT_COPY, BROKEN, EARLY_REUSES, Fault, Handle, Outcome, call_back, dawdle, enter,
    is_broken, is_due, lock,
};

static NEXT_STREAM: AtomicU64 = AtomicU64::new(1);
static BUSY: AtomicI64 = AtomicI64::new(0);
pub static MOST_BUSY: AtomicI64 = AtomicI64::new(0);

type Task = Box<dyn FnOnce() + Send>;

pub struct Stream {
    number: u64,
    clock: Mutex<Clock>,
    tasks: Option<Sender<Task>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

pub fn create_stream() -> Outcome<u64> {
    enter()?;
    let (tasks, queue) = channel::<Task>();
    let thread = std::thread::spawn(move || queue.into_iter().for_each(|task| task()));
    let stream = Stream {
        number: NEXT_STREAM.fetch_add(1, Ordering::SeqCst),
        clock: Mutex::new(HashMap::new()),
        tasks: Some(tasks),
        thread: Some(thread),
    };
    Ok(Box::into_raw(Box::new(stream)) as u64)
}

pub fn destroy_stream(stream: Handle) -> Outcome<()> {
    // SAFETY: made by `create_stream`, destroyed once.
    let mut stream = unsafe { Box::from_raw(stream.cast::<Stream>()) };
    stream.tasks = None;
    if let Some(thread) = stream.thread.take() {
        let _ = thread.join();
    }
    enter()
}

fn stream_of<'a>(stream: Handle) -> Outcome<&'a Stream> {
    // SAFETY: made by `create_stream` and not destroyed, as the drivers ask of their callers.
    unsafe { stream.cast::<Stream>().as_ref() }.ok_or(Fault::Invalid)
}

impl Stream {
    fn push(&self, task: Task) -> Outcome<()> {
        enter()?;
        let tasks = self.tasks.as_ref().ok_or(Fault::Invalid)?;
        tasks.send(task).map_err(|_| Fault::Invalid)
    }

    /// Who the next work is done by.
    fn who(&self) -> Who {
        let mut clock = lock(&self.clock);
        clocks::after_host(&mut clock);
        *clock.entry(self.number).or_default() += 1;
        Who {
            stream: self.number,
            clock: clock.clone(),
        }
    }
}

/// What work touches: address, length, whether it writes.
pub type Touched = (usize, usize, bool);

/// Gives work to a stream: checked against what else touches the same when it is given, and
/// that the memory is there when it runs.
pub fn push_work(
    stream: Handle,
    touched: Vec<Touched>,
    work: impl FnOnce() + Send + 'static,
) -> Outcome<()> {
    let stream = stream_of(stream)?;
    let who = stream.who();
    {
        let mut all = memory();
        for &(address, length, writes) in &touched {
            all.accesses(&who, address, length, writes);
        }
    }
    stream.push(Box::new(move || {
        let busy = BUSY.fetch_add(1, Ordering::SeqCst) + 1;
        MOST_BUSY.fetch_max(busy, Ordering::SeqCst);
        dawdle();
        if is_due(&BREAK_AT_COPY) {
            BROKEN.store(true, Ordering::SeqCst);
        }
        if !is_broken() {
            let mut all = memory();
            let reached = touched
                .iter()
                .all(|&(address, length, _)| all.reaches(address, length));
            if reached {
                work();
            }
        }
        BUSY.fetch_sub(1, Ordering::SeqCst);
    }))
}

pub fn copy(stream: Handle, to: u64, from: u64, length: usize) -> Outcome<()> {
    let (to, from) = (to as usize, from as usize);
    push_work(
        stream,
        vec![(to, length, true), (from, length, false)],
        move || {
            // SAFETY: both ranges are allocated, and nothing is freed while work runs.
            unsafe { std::ptr::copy(from as *const u8, to as *mut u8, length) };
        },
    )
}

pub fn fill(stream: Handle, to: u64, byte: u8, length: usize) -> Outcome<()> {
    let to = to as usize;
    push_work(stream, vec![(to, length, true)], move || {
        // SAFETY: as in `copy`.
        unsafe { std::ptr::write_bytes(to as *mut u8, byte, length) };
    })
}

#[derive(Default)]
pub struct State {
    /// Records that are not done.
    pending: AtomicU64,
    /// Waits of streams that have not passed.
    waits: AtomicU64,
    clock: Mutex<Clock>,
}

type Event = Arc<State>;

pub fn create_event() -> Outcome<u64> {
    enter()?;
    Ok(Box::into_raw(Box::new(Event::default())) as u64)
}

pub fn destroy_event(event: Handle) -> Outcome<()> {
    // SAFETY: made by `create_event`, destroyed once; tasks hold clones.
    let event = unsafe { Box::from_raw(event.cast::<Event>()) };
    let early = event.pending.load(Ordering::SeqCst) + event.waits.load(Ordering::SeqCst) > 0;
    if early && !is_broken() {
        EARLY_REUSES.more();
    }
    enter()
}

fn event_of(event: Handle) -> Outcome<Event> {
    // SAFETY: made by `create_event` and not destroyed.
    unsafe { event.cast::<Event>().as_ref() }
        .cloned()
        .ok_or(Fault::Invalid)
}

pub fn record(at: Handle, on: Handle) -> Outcome<()> {
    let (event, stream) = (event_of(at)?, stream_of(on)?);
    if event.waits.load(Ordering::SeqCst) > 0 && !is_broken() {
        EARLY_REUSES.more();
    }
    *lock(&event.clock) = stream.who().clock;
    event.pending.fetch_add(1, Ordering::SeqCst);
    stream.push(Box::new(move || {
        event.pending.fetch_sub(1, Ordering::SeqCst);
    }))
}

pub fn query(at: Handle) -> Outcome<bool> {
    enter()?;
    let event = event_of(at)?;
    let done = event.pending.load(Ordering::SeqCst) == 0;
    if done {
        clocks::host_saw(&lock(&event.clock));
    }
    Ok(done)
}

pub fn wait_for(on: Handle, at: Handle) -> Outcome<()> {
    let (event, stream) = (event_of(at)?, stream_of(on)?);
    clocks::join(&mut lock(&stream.clock), &lock(&event.clock));
    event.waits.fetch_add(1, Ordering::SeqCst);
    stream.push(Box::new(move || {
        while event.pending.load(Ordering::SeqCst) != 0 && !is_broken() {
            std::thread::sleep(Duration::from_micros(50));
        }
        event.waits.fetch_sub(1, Ordering::SeqCst);
    }))
}

/// Late, as everything is. A call back of a broken context never comes.
pub fn launch(on: Handle, function: extern "C" fn(Handle), argument: Handle) -> Outcome<()> {
    let argument = argument as usize;
    push_plain(on, move || call_back(function, argument))
}

/// Something that touches no memory.
pub fn push_plain(on: Handle, task: impl FnOnce() + Send + 'static) -> Outcome<()> {
    stream_of(on)?.push(Box::new(move || {
        dawdle();
        if !is_broken() {
            task();
        }
    }))
}
