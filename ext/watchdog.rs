//! The watchdog of PHP's thread: started when coroutines exist, ended with the request.

use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};

use tusk_runtime::watchdog::{Blocked, Host, Place, Pulse, Watchdog};

use crate::ini;
use crate::zend::engine;
use crate::zend::global::{PhpThread, tusk_beat};

static WATCHDOG: PhpThread<Option<Watchdog>> = PhpThread::new(None);

/// Nobody is held up: the loop waits in the kernel, or there is no second coroutine.
pub static IDLE: AtomicBool = AtomicBool::new(true);

/// PHP as the watchdog sees it.
struct Php {
    /// Where errors are logged; empty is standard error. As it was when the watchdog started.
    log: String,
}

impl Host for Php {
    fn place(&self) -> Option<Place> {
        engine::sleeping_place()
    }

    fn ask(&self) {
        engine::ask_for_place();
    }

    /// PHP's own logging may be called in PHP's thread only, and that one is blocked.
    fn log(&self, line: &str) {
        if self.log.is_empty() {
            eprintln!("{line}");
            return;
        }
        let file = std::fs::OpenOptions::new()
            .append(true)
            .create(true)
            .open(&self.log);
        if let Ok(mut file) = file {
            let _ = file.write_all(format!("[{}] {line}\n", engine::log_time()).as_bytes());
        }
    }
}

/// There are coroutines (or none any more).
pub fn note_concurrency(concurrent: bool) {
    IDLE.store(!concurrent, Ordering::Relaxed);
    if concurrent {
        start();
    }
}

#[inline]
fn start() {
    let limit = ini::block_warn();
    if limit == 0 || WATCHDOG.with(|watchdog| watchdog.is_some()) {
        return;
    }
    let pulse = Pulse {
        beat: &tusk_beat,
        idle: &IDLE,
    };
    let php = Php {
        log: engine::error_log(),
    };
    *WATCHDOG.lock() = Watchdog::start(limit, pulse, php);
}

/// PHP's thread says where it computes.
pub fn computing(place: Place) {
    let line = WATCHDOG.with(|watchdog| watchdog.as_ref()?.computing(place));
    if let Some(line) = line {
        engine::log(&line);
    }
}

/// What has blocked so far.
pub fn blocked() -> Vec<Blocked> {
    WATCHDOG.with(|watchdog| watchdog.as_ref().map_or_else(Vec::new, Watchdog::blocked))
}

/// The request has ended.
pub fn stop() {
    IDLE.store(true, Ordering::Relaxed);
    let watchdog = WATCHDOG.lock().take();
    if let Some(watchdog) = watchdog {
        watchdog.stop();
    }
}

/// In the child of a fork the thread does not exist.
pub fn after_fork() {
    IDLE.store(true, Ordering::Relaxed);
    if let Some(watchdog) = WATCHDOG.lock().take() {
        watchdog.abandon();
    }
}
