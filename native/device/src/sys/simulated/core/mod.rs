//! A device that is not there, behind the C interfaces of three drivers.
//!
//! Each stream is a thread with a queue; its work takes seeded random time, so streams run side
//! by side, overtake one another, and call backs come late. Faults are set by `sim_control`.
//! Every access is checked twice: that the memory is allocated when it runs (memory.rs), and,
//! whatever the delays were, that something orders it after the accesses that it conflicts
//! with (clocks.rs). What is wrong is counted, and tests ask for the counts.
#![allow(dead_code, unused_imports)] // Each driver uses a part of it.

mod clocks;
mod memory;
mod model;
mod report;
mod stream;

pub use memory::{allocate, free, info};
pub use model::*;
pub use report::{Processed, process_report, push_report, subscribe, unsubscribe};
pub use stream::*;

use std::ffi::{c_char, c_void};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

pub type Handle = *mut c_void;
pub const DEVICES: u32 = 2;

static SEED: AtomicU64 = AtomicU64::new(1);
static MOST_DELAY_US: AtomicI64 = AtomicI64::new(0);
/// Counts down with each allocation; at 0 it fails. Negative: never.
static FAIL_ALLOCATION: AtomicI64 = AtomicI64::new(-1);
/// Counts down with each copy; at 0 the context is broken for good.
static BREAK_AT_COPY: AtomicI64 = AtomicI64::new(-1);
/// Streams stand still.
static HELD: AtomicBool = AtomicBool::new(false);
static BROKEN: AtomicBool = AtomicBool::new(false);

/// A count of what tests ask for.
pub struct Count(AtomicI64);

impl Count {
    const fn new() -> Count {
        Count(AtomicI64::new(0))
    }

    pub fn more(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }

    fn get(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }
}

/// Touched, or freed, what is not allocated.
pub static VIOLATIONS: Count = Count::new();
pub static CALLS_IN_CALLBACK: Count = Count::new();
/// Conflicting accesses that nothing orders: an event is missing.
pub static RACES: Count = Count::new();
/// Memory freed while work on it may still run.
pub static EARLY_FREES: Count = Count::new();
/// Events recorded anew or destroyed while a stream may wait for them; models unloaded and
/// datasets destroyed while they run.
pub static EARLY_REUSES: Count = Count::new();
pub static REPORTS: Count = Count::new();

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
    NoModel,
    Input,
    Output,
}

pub type Outcome<T> = Result<T, Fault>;

pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

pub fn is_broken() -> bool {
    BROKEN.load(Ordering::SeqCst)
}

fn enter() -> Outcome<()> {
    if IN_CALLBACK.get() {
        CALLS_IN_CALLBACK.more();
    }
    if is_broken() {
        Err(Fault::Broken)
    } else {
        Ok(())
    }
}

/// Runs a caller's call back.
fn call_back(function: extern "C" fn(Handle), argument: usize) {
    IN_CALLBACK.set(true);
    function(argument as Handle);
    IN_CALLBACK.set(false);
}

fn random() -> u64 {
    let mut x = SEED.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::SeqCst);
    x = (x ^ x >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ x >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ x >> 31
}

/// Waits a seeded random time, and while streams are held.
fn dawdle() {
    while HELD.load(Ordering::SeqCst) {
        std::thread::sleep(std::time::Duration::from_micros(50));
    }
    let most = MOST_DELAY_US.load(Ordering::SeqCst) as u64;
    if most > 0 {
        std::thread::sleep(std::time::Duration::from_micros(random() % most));
    }
}

/// Is a countdown at its end? Negative ones are off.
fn is_due(countdown: &AtomicI64) -> bool {
    countdown.load(Ordering::SeqCst) >= 0 && countdown.fetch_sub(1, Ordering::SeqCst) == 0
}

/// Settings: 0 seed, 1 longest delay in microseconds, 2 allocations until one fails, 3 copies until the
/// context breaks, 4 repair, 5 forget how many streams were busy at a time, 6 hold all streams. Questions: 10
/// violations, 11 live allocations, 12 calls of the driver from a call back, 13 most streams busy
/// at a time, 14 races, 15 early frees, 16 early reuses, 17 call backs by reports, 18 loaded models.
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
            memory::forget();
        }
        5 => stream::MOST_BUSY.store(0, Ordering::SeqCst),
        6 => HELD.store(value != 0, Ordering::SeqCst),
        10 => return VIOLATIONS.get(),
        11 => return memory::live(),
        12 => return CALLS_IN_CALLBACK.get(),
        13 => return stream::MOST_BUSY.load(Ordering::SeqCst),
        14 => return RACES.get(),
        15 => return EARLY_FREES.get(),
        16 => return EARLY_REUSES.get(),
        17 => return REPORTS.get(),
        18 => return model::loaded(),
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

/// A context is its device's number and one.
pub fn context(ordinal: i32) -> Outcome<u64> {
    Ok(ordinal as u64 + 1)
}

pub fn enter_context(context: u64) -> Outcome<()> {
    set_device(context as i32 - 1)
}

pub fn count() -> Outcome<u64> {
    Ok(u64::from(DEVICES))
}

/// Declares a library's functions: each ends in a code, and hands what it made to a pointer
/// (`gives`) or nothing (`says`).
macro_rules! exports {
    ($code:path; $($name:ident($($given:ident: $type:ty),*) $how:ident $($out:ident)? = $call:expr;)*) => {
        $(#[unsafe(no_mangle)]
        pub extern "C" fn $name($($given: $type),*) -> i32 {
            crate::core::exports!(@ $how $code, $($out,)? $call)
        })*
    };
    (@ says $code:path, $call:expr) => {{
        let outcome: crate::core::Outcome<()> = $call;
        outcome.map_or_else($code, |()| 0)
    }};
    (@ gives $code:path, $out:ident, $call:expr) => {
        match $call {
            Ok(value) => {
                // SAFETY: the drivers' callers pass valid out pointers.
                unsafe { *$out = value as _ };
                0
            }
            Err(fault) => $code(fault),
        }
    };
}

pub(crate) use exports;

pub fn text(out: *mut c_char, text: &[u8]) {
    // SAFETY: callers give at least 128 bytes.
    unsafe {
        std::ptr::copy_nonoverlapping(text.as_ptr(), out.cast(), text.len());
        *out.add(text.len()) = 0;
    }
}
