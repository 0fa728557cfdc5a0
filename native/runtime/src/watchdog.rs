//! Notices that the loop does not turn, from a thread of its own.
//!
//! The watched thread counts a beat with every switch and says when it waits in the kernel on
//! purpose. This thread looks at both now and then. A beat that stays the same for longer
//! than the limit is a block: if the watched thread sleeps in a system call, the host is
//! asked where it stands; if it computes, the host is asked to make it say so itself.
//!
//! It sends no signal, which would end system calls with EINTR, and takes no lock that the
//! watched thread holds across a call. Records are bounded ([`PLACES`]); a place is logged when
//! it is new and then once a minute.

use crate::Nanos;
use crate::sys::{clock, signal, thread};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// Places that are remembered. An application has a handful of calls that block. Beyond it:
/// the one that was seen longest ago is forgotten.
pub const PLACES: usize = 128;

/// How often one place is logged.
const LOG_INTERVAL: Nanos = 60_000_000_000;

/// Looks per limit: a block is noticed at most a quarter of the limit late.
const LOOKS: u64 = 4;

/// A point in the program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The script.
    pub file: String,
    /// Its line.
    pub line: u32,
    /// The function that was called there.
    pub function: String,
}

/// Calls from one place that blocked.
#[derive(Clone, Debug)]
pub struct Blocked {
    /// Where.
    pub place: Place,
    /// The system call it slept in; `None` where it computed.
    pub call: Option<String>,
    /// How many times.
    pub times: u64,
    /// The longest, as far as it was seen.
    pub longest: Nanos,
    seen: Nanos,
    logged: Option<Nanos>,
}

/// What the host does for the watchdog. Called in the watchdog's thread.
pub trait Host: Send + 'static {
    /// Where the watched thread stands, while it sleeps in a system call. `None` where that
    /// cannot be read.
    fn place(&self) -> Option<Place>;
    /// Makes the watched thread call [`Watchdog::computing`] soon.
    fn ask(&self);
    /// Writes a line to the log.
    fn log(&self, line: &str);
}

/// What the watched thread shares.
pub struct Pulse {
    /// Counts switches.
    pub beat: &'static AtomicU64,
    /// It waits in the kernel because nobody is ready, or has nobody to hold up.
    pub idle: &'static AtomicBool,
}

/// What a look found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// All is well.
    Nothing,
    /// The same beat for this long, longer than the limit, for the first time.
    Blocked(Nanos),
    /// It still lasts.
    Lasts(Nanos),
}

/// Decides by what was seen, without looking itself.
#[derive(Debug)]
pub struct Judge {
    limit: Nanos,
    beat: u64,
    since: Option<Nanos>,
    told: bool,
}

impl Judge {
    /// Nothing was seen yet.
    pub fn new(limit: Nanos) -> Judge {
        Judge {
            limit,
            beat: 0,
            since: None,
            told: false,
        }
    }

    /// The beat and whether the thread is idle, at `now`.
    pub fn look(&mut self, now: Nanos, beat: u64, idle: bool) -> Found {
        let since = match self.since {
            Some(since) if beat == self.beat && !idle => since,
            _ => {
                self.beat = beat;
                self.since = (!idle).then_some(now);
                self.told = false;
                return Found::Nothing;
            }
        };
        let lasts = now.saturating_sub(since);
        if lasts < self.limit {
            return Found::Nothing;
        }
        if std::mem::replace(&mut self.told, true) {
            Found::Lasts(lasts)
        } else {
            Found::Blocked(lasts)
        }
    }
}

#[derive(Default)]
struct State {
    places: Vec<Blocked>,
    /// Index of the block that lasts.
    current: Option<usize>,
    /// The host was asked, and the block has lasted for this long.
    asked: Option<Nanos>,
    ended: bool,
}

impl State {
    /// Counts a block; true when it is to be logged.
    fn note(&mut self, place: Place, call: Option<String>, lasted: Nanos, now: Nanos) -> bool {
        let same = |blocked: &Blocked| blocked.place == place && blocked.call == call;
        let index = match self.places.iter().position(same) {
            Some(index) => index,
            None => {
                if self.places.len() >= PLACES {
                    let oldest = (0..self.places.len()).min_by_key(|&at| self.places[at].seen);
                    self.places.remove(oldest.unwrap_or(0));
                }
                self.places.push(Blocked {
                    place,
                    call,
                    times: 0,
                    longest: 0,
                    seen: now,
                    logged: None,
                });
                self.places.len() - 1
            }
        };
        self.current = Some(index);
        let blocked = &mut self.places[index];
        blocked.times += 1;
        blocked.seen = now;
        blocked.longest = blocked.longest.max(lasted);
        let log = blocked.logged.is_none_or(|at| now - at >= LOG_INTERVAL);
        if log {
            blocked.logged = Some(now);
        }
        log
    }
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    end: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// See the module's description.
pub struct Watchdog {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Watchdog {
    /// Watches the calling thread. `None` where no thread can be had: then nothing is watched.
    pub fn start(limit: Nanos, pulse: Pulse, host: impl Host) -> Option<Watchdog> {
        let shared = Arc::new(Shared::default());
        let (ours, watched) = (Arc::clone(&shared), thread::id());
        let blocked = signal::block_all();
        let thread = std::thread::Builder::new()
            .name("tusk-watchdog".to_owned())
            .stack_size(crate::limits::POOL_STACK_BYTES)
            .spawn(move || {
                thread::own_descriptors();
                watch(&ours, limit, &pulse, watched, &host);
            })
            .ok();
        drop(blocked);
        Some(Watchdog {
            shared,
            thread: Some(thread?),
        })
    }

    /// What was seen so far.
    pub fn blocked(&self) -> Vec<Blocked> {
        self.shared.lock().places.clone()
    }

    /// The watched thread stands here and computes. A line for the log, if it is to be logged.
    pub fn computing(&self, place: Place) -> Option<String> {
        let mut state = self.shared.lock();
        let lasted = state.asked.take()?;
        let line = line(&place, None, lasted);
        state
            .note(place, None, lasted, clock::now())
            .then_some(line)
    }

    /// Ends the thread and waits for that.
    pub fn stop(mut self) {
        self.shared.lock().ended = true;
        self.shared.end.notify_all();
        if let Some(thread) = self.thread.take() {
            // A panic in there was its own failure.
            let _ = thread.join();
        }
    }

    /// In the child of a fork: there is no such thread, and its lock may be held for ever.
    pub fn abandon(self) {
        std::mem::forget(self);
    }
}

fn watch(shared: &Shared, limit: Nanos, pulse: &Pulse, watched: i32, host: &impl Host) {
    let mut judge = Judge::new(limit);
    let pause = Duration::from_nanos((limit / LOOKS).max(1_000_000));
    let mut state = shared.lock();
    while !state.ended {
        let waited = shared.end.wait_timeout(state, pause);
        drop(waited.unwrap_or_else(PoisonError::into_inner).0);
        let beat = pulse.beat.load(Ordering::Relaxed);
        let found = judge.look(clock::now(), beat, pulse.idle.load(Ordering::Relaxed));
        let say = match found {
            Found::Nothing => {
                shared.lock().current = None;
                None
            }
            Found::Blocked(lasts) => look_closer(shared, pulse, watched, host, beat, lasts),
            Found::Lasts(lasts) => {
                goes_on(shared, lasts);
                None
            }
        };
        if let Some(line) = say {
            host.log(&line);
        }
        state = shared.lock();
    }
}

fn look_closer(
    shared: &Shared,
    pulse: &Pulse,
    watched: i32,
    host: &impl Host,
    beat: u64,
    lasts: Nanos,
) -> Option<String> {
    let Some(call) = thread::system_call(watched) else {
        shared.lock().asked = Some(lasts);
        host.ask();
        return None;
    };
    let place = host.place()?;
    // What was read belongs together only if it still stands there.
    let moved = pulse.beat.load(Ordering::Relaxed) != beat
        || thread::system_call(watched).as_ref() != Some(&call);
    if moved {
        return None;
    }
    let line = line(&place, Some(&call), lasts);
    shared
        .lock()
        .note(place, Some(call), lasts, clock::now())
        .then_some(line)
}

fn goes_on(shared: &Shared, lasts: Nanos) {
    let mut state = shared.lock();
    if let Some(asked) = state.asked.as_mut() {
        *asked = lasts;
    }
    let Some(index) = state.current else { return };
    if let Some(blocked) = state.places.get_mut(index) {
        blocked.longest = blocked.longest.max(lasts);
    }
}

fn line(place: &Place, call: Option<&str>, lasts: Nanos) -> String {
    let Place {
        file,
        line,
        function,
    } = place;
    let what = match call {
        Some(call) => format!("sleeps in the system call {call}"),
        None => "computes".to_owned(),
    };
    let seconds = lasts as f64 / 1e9;
    format!(
        "Tusk: {function}() in {file}:{line} has held up all coroutines for {seconds:.3} s; it {what} \
         (tusk.block_warn; see docs/HOOKS.md)"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_beat_that_stays_is_told_once_and_idling_never() {
        let mut judge = Judge::new(100);
        assert_eq!(judge.look(0, 1, false), Found::Nothing);
        assert_eq!(judge.look(99, 1, false), Found::Nothing);
        assert_eq!(judge.look(120, 1, false), Found::Blocked(120));
        assert_eq!(judge.look(150, 1, false), Found::Lasts(150));
        assert_eq!(judge.look(160, 2, false), Found::Nothing);
        assert_eq!(judge.look(259, 2, false), Found::Nothing);
        assert_eq!(judge.look(260, 2, false), Found::Blocked(100));
        assert_eq!(judge.look(270, 3, true), Found::Nothing);
        assert_eq!(judge.look(900, 3, true), Found::Nothing);
        assert_eq!(
            judge.look(901, 3, false),
            Found::Nothing,
            "its time begins now"
        );
        assert_eq!(judge.look(1000, 3, false), Found::Nothing);
        assert_eq!(judge.look(1001, 3, false), Found::Blocked(100));
    }

    fn at(line: u32) -> Place {
        Place {
            file: "a.php".into(),
            line,
            function: "f".into(),
        }
    }

    #[test]
    fn a_place_is_logged_when_new_and_once_a_minute() {
        let mut state = State::default();
        assert!(state.note(at(1), None, 5, 10));
        assert!(!state.note(at(1), None, 9, 20));
        assert!(
            state.note(at(1), Some("poll".into()), 9, 30),
            "another call"
        );
        assert!(state.note(at(1), None, 3, 10 + LOG_INTERVAL));
        let first = &state.places[0];
        assert_eq!((first.times, first.longest), (3, 9));
    }

    #[test]
    fn the_place_seen_longest_ago_is_forgotten() {
        let mut state = State::default();
        for line in 0..=PLACES as u32 {
            state.note(at(line), None, 1, u64::from(line));
        }
        assert_eq!(state.places.len(), PLACES);
        assert!(state.places.iter().all(|blocked| blocked.place.line != 0));
    }
}
