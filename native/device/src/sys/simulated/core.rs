//! A device that is not there, behind the C interfaces of three drivers.
//!
//! Each stream is a thread with a queue; its work takes seeded random time, so streams
//! overtake one another and callbacks come late. Faults are set by `sim_control`. Every copy
//! is checked when it runs: one that touches memory that is not allocated counts as a
//! violation, and what is freed is filled with 0xdd first.

use std::collections::BTreeMap;
use std::ffi::{c_char, c_void};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

pub type Handle = *mut c_void;
pub const DEVICES: u32 = 2;
/// Memory of each device.
const TOTAL: usize = 64 << 20;

static SEED: AtomicU64 = AtomicU64::new(1);
static MOST_DELAY_US: AtomicI64 = AtomicI64::new(0);
/// Counts down with each allocation; at 0 it fails. Negative: never.
static FAIL_ALLOCATION: AtomicI64 = AtomicI64::new(-1);
/// Counts down with each copy; at 0 the context is broken for good.
static BREAK_AT_COPY: AtomicI64 = AtomicI64::new(-1);
static BROKEN: AtomicBool = AtomicBool::new(false);
static VIOLATIONS: AtomicI64 = AtomicI64::new(0);
static DRIVER_CALLS_IN_CALLBACK: AtomicI64 = AtomicI64::new(0);

struct Region {
    length: usize,
    /// Of pinned host memory: none.
    device: Option<u32>,
    _memory: Box<[u8]>,
}

struct Memory {
    live: BTreeMap<usize, Region>,
    used: [usize; DEVICES as usize],
}

static MEMORY: Mutex<Memory> = Mutex::new(Memory {
    live: BTreeMap::new(),
    used: [0; DEVICES as usize],
});

fn memory() -> MutexGuard<'static, Memory> {
    MEMORY.lock().unwrap_or_else(PoisonError::into_inner)
}

thread_local! {
    static CURRENT: std::cell::Cell<u32> = const { std::cell::Cell::new(0) };
    static IN_CALLBACK: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

/// What went wrong, for the drivers to name.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    Invalid,
    NoMemory,
    Broken,
}

pub type Outcome<T> = Result<T, Fault>;

fn enter() -> Outcome<()> {
    if IN_CALLBACK.get() {
        DRIVER_CALLS_IN_CALLBACK.fetch_add(1, Ordering::SeqCst);
    }
    if BROKEN.load(Ordering::SeqCst) {
        Err(Fault::Broken)
    } else {
        Ok(())
    }
}

fn random() -> u64 {
    let mut x = SEED.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::SeqCst);
    x = (x ^ x >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ x >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ x >> 31
}

/// 0 seed, 1 longest delay in microseconds, 2 allocations until one fails, 3 copies until the
/// context breaks, 4 repair; then questions: 10 violations, 11 live allocations, 12 calls of
/// the driver from a callback.
#[unsafe(no_mangle)]
pub extern "C" fn sim_control(what: i32, value: i64) -> i64 {
    match what {
        0 => SEED.store(value as u64, Ordering::SeqCst),
        1 => MOST_DELAY_US.store(value, Ordering::SeqCst),
        2 => FAIL_ALLOCATION.store(value, Ordering::SeqCst),
        3 => BREAK_AT_COPY.store(value, Ordering::SeqCst),
        4 => {
            // A broken context took its memory along.
            BROKEN.store(false, Ordering::SeqCst);
            let mut all = memory();
            all.live.clear();
            all.used = [0; DEVICES as usize];
        }
        10 => return VIOLATIONS.load(Ordering::SeqCst),
        11 => return memory().live.len() as i64,
        12 => return DRIVER_CALLS_IN_CALLBACK.load(Ordering::SeqCst),
        _ => return -1,
    }
    0
}

pub fn set_device(ordinal: i32) -> Outcome<()> {
    let ordinal = u32::try_from(ordinal)
        .ok()
        .filter(|&ordinal| ordinal < DEVICES)
        .ok_or(Fault::Invalid)?;
    CURRENT.set(ordinal);
    Ok(())
}

pub fn info() -> Outcome<(usize, usize)> {
    enter()?;
    Ok((TOTAL - memory().used[CURRENT.get() as usize], TOTAL))
}

pub fn allocate(length: usize, pinned: bool) -> Outcome<usize> {
    enter()?;
    if FAIL_ALLOCATION.load(Ordering::SeqCst) >= 0
        && FAIL_ALLOCATION.fetch_sub(1, Ordering::SeqCst) == 0
    {
        return Err(Fault::NoMemory);
    }
    let device = (!pinned).then(|| CURRENT.get());
    let mut all = memory();
    if let Some(device) = device {
        let used = &mut all.used[device as usize];
        if length > TOTAL - *used {
            return Err(Fault::NoMemory);
        }
        *used += length;
    }
    let mut bytes = vec![0xcdu8; length].into_boxed_slice();
    let address = bytes.as_mut_ptr() as usize;
    all.live.insert(
        address,
        Region {
            length,
            device,
            _memory: bytes,
        },
    );
    Ok(address)
}

pub fn free(address: usize) -> Outcome<()> {
    enter()?;
    let mut all = memory();
    let Some(mut region) = all.live.remove(&address) else {
        VIOLATIONS.fetch_add(1, Ordering::SeqCst);
        return Err(Fault::Invalid);
    };
    if let Some(device) = region.device {
        all.used[device as usize] -= region.length;
    }
    region._memory.fill(0xdd);
    Ok(())
}

/// Is the range allocated? Only asked while it runs, under the lock that frees take.
fn reachable(all: &Memory, address: usize, length: usize) -> bool {
    all.live
        .range(..=address)
        .next_back()
        .is_some_and(|(start, region)| {
            address - start <= region.length && length <= region.length - (address - start)
        })
}

type Task = Box<dyn FnOnce() + Send>;

pub struct Stream {
    tasks: Option<Sender<Task>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Stream {
    pub fn create() -> Outcome<Handle> {
        enter()?;
        let (tasks, queue) = channel::<Task>();
        let thread = std::thread::spawn(move || {
            for task in queue {
                let most = MOST_DELAY_US.load(Ordering::SeqCst) as u64;
                if most > 0 {
                    std::thread::sleep(Duration::from_micros(random() % most));
                }
                task();
            }
        });
        Ok(Box::into_raw(Box::new(Stream {
            tasks: Some(tasks),
            thread: Some(thread),
        }))
        .cast())
    }

    pub fn destroy(stream: Handle) -> Outcome<()> {
        enter()?;
        // SAFETY: made by `create`, destroyed once.
        let mut stream = unsafe { Box::from_raw(stream.cast::<Stream>()) };
        stream.tasks = None;
        if let Some(thread) = stream.thread.take() {
            let _ = thread.join();
        }
        Ok(())
    }
}

fn push(stream: Handle, task: Task) -> Outcome<()> {
    enter()?;
    // SAFETY: made by `Stream::create` and not destroyed.
    let stream = unsafe { stream.cast::<Stream>().as_ref() }.ok_or(Fault::Invalid)?;
    let tasks = stream.tasks.as_ref().ok_or(Fault::Invalid)?;
    tasks.send(task).map_err(|_| Fault::Invalid)
}

pub fn copy(stream: Handle, to: usize, from: usize, length: usize) -> Outcome<()> {
    push(
        stream,
        Box::new(move || {
            if BREAK_AT_COPY.load(Ordering::SeqCst) >= 0
                && BREAK_AT_COPY.fetch_sub(1, Ordering::SeqCst) == 0
            {
                BROKEN.store(true, Ordering::SeqCst);
            }
            if BROKEN.load(Ordering::SeqCst) {
                return;
            }
            let all = memory();
            if reachable(&all, to, length) && reachable(&all, from, length) {
                // SAFETY: both ranges are allocated, and nothing is freed under the lock.
                unsafe { std::ptr::copy(from as *const u8, to as *mut u8, length) };
            } else {
                VIOLATIONS.fetch_add(1, Ordering::SeqCst);
            }
        }),
    )
}

pub fn fill(stream: Handle, to: usize, byte: u8, length: usize) -> Outcome<()> {
    push(
        stream,
        Box::new(move || {
            let all = memory();
            if reachable(&all, to, length) {
                // SAFETY: as in `copy`.
                unsafe { std::ptr::write_bytes(to as *mut u8, byte, length) };
            } else {
                VIOLATIONS.fetch_add(1, Ordering::SeqCst);
            }
        }),
    )
}

pub type Event = Arc<AtomicU64>;

/// An event's counter is how many of its records are not done.
pub fn create_event() -> Outcome<Handle> {
    enter()?;
    Ok(Box::into_raw(Box::new(Event::default())).cast())
}

pub fn destroy_event(event: Handle) -> Outcome<()> {
    // SAFETY: made by `create_event`, destroyed once; tasks hold clones.
    drop(unsafe { Box::from_raw(event.cast::<Event>()) });
    enter()
}

fn event(event: Handle) -> Outcome<Event> {
    // SAFETY: made by `create_event` and not destroyed.
    unsafe { event.cast::<Event>().as_ref() }
        .cloned()
        .ok_or(Fault::Invalid)
}

pub fn record(at: Handle, stream: Handle) -> Outcome<()> {
    let event = event(at)?;
    event.fetch_add(1, Ordering::SeqCst);
    push(
        stream,
        Box::new(move || {
            event.fetch_sub(1, Ordering::SeqCst);
        }),
    )
}

pub fn query(at: Handle) -> Outcome<bool> {
    enter()?;
    Ok(event(at)?.load(Ordering::SeqCst) == 0)
}

pub fn wait_for(stream: Handle, at: Handle) -> Outcome<()> {
    let event = event(at)?;
    push(
        stream,
        Box::new(move || {
            while event.load(Ordering::SeqCst) != 0 && !BROKEN.load(Ordering::SeqCst) {
                std::thread::sleep(Duration::from_micros(50));
            }
        }),
    )
}

/// A callback of a broken context never comes.
#[allow(dead_code)]
pub fn launch(stream: Handle, function: extern "C" fn(Handle), argument: Handle) -> Outcome<()> {
    let argument = argument as usize;
    push(
        stream,
        Box::new(move || {
            if !BROKEN.load(Ordering::SeqCst) {
                IN_CALLBACK.set(true);
                function(argument as Handle);
                IN_CALLBACK.set(false);
            }
        }),
    )
}

/// Writes to a caller's out pointer.
pub fn give<T>(out: *mut T, value: Outcome<T>, code: fn(Fault) -> i32) -> i32 {
    match value {
        Ok(value) => {
            // SAFETY: the drivers' callers pass valid out pointers.
            unsafe { *out = value };
            0
        }
        Err(fault) => code(fault),
    }
}

pub fn say(outcome: Outcome<()>, code: fn(Fault) -> i32) -> i32 {
    outcome.map_or_else(code, |()| 0)
}

#[allow(dead_code)]
pub fn text(out: *mut c_char, text: &[u8]) {
    // SAFETY: callers give at least 128 bytes.
    unsafe {
        std::ptr::copy_nonoverlapping(text.as_ptr(), out.cast(), text.len());
        *out.add(text.len()) = 0;
    }
}
