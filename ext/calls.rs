//! Timers and watches of the event loop, by the key that the ready queue names them with.
//!
//! Watches lie in a vector at the slot that is part of their key, because every request
//! looks one up twice. Nothing here is released: who takes a callback out gives it up
//! outside the borrow of the core.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use tusk_runtime::timer::TimerKey;
use tusk_runtime::watch::WATCH_BIT;

use crate::zend::callback::Callback;

/// A timer that has not ended.
pub struct Timer {
    /// What to call.
    pub callback: Callback,
    /// For a repeating timer: its interval.
    pub repeat: Option<u64>,
    /// What is armed.
    pub armed: Option<TimerKey>,
    /// A call of a repeating timer is running, perhaps suspended.
    pub running: bool,
}

/// See the module's description.
#[derive(Default)]
pub struct Calls {
    watches: Vec<Option<(u64, Callback)>>,
    timers: HashMap<u64, Timer, BuildHasherDefault<NumberHasher>>,
    last_timer: u64,
}

fn slot(key: u64) -> usize {
    key as u32 as usize
}

impl Calls {
    /// The callback of a watch that was just made; one that was there had ended with its
    /// descriptor, and is returned.
    pub fn add_watch(&mut self, key: u64, callback: Callback) -> Option<Callback> {
        let slot = slot(key);
        if slot >= self.watches.len() {
            self.watches.resize(slot + 1, None);
        }
        self.watches[slot]
            .replace((key, callback))
            .map(|(_, callback)| callback)
    }

    /// The callback of a watch.
    #[inline]
    pub fn watch(&self, key: u64) -> Option<Callback> {
        match self.watches.get(slot(key)) {
            Some(&Some((owner, callback))) if owner == key => Some(callback),
            _ => None,
        }
    }

    /// Forgets a watch.
    pub fn remove_watch(&mut self, key: u64) -> Option<Callback> {
        let entry = self.watches.get_mut(slot(key))?;
        match *entry {
            Some((owner, callback)) if owner == key => {
                *entry = None;
                Some(callback)
            }
            _ => None,
        }
    }

    /// The number of the next timer. Numbers count from 1 and are not used again.
    pub fn next_timer(&mut self) -> u64 {
        self.last_timer += 1;
        self.last_timer
    }

    /// A timer under a number from [`Calls::next_timer`].
    pub fn add_timer(&mut self, number: u64, timer: Timer) {
        self.timers.insert(number, timer);
    }

    /// A timer.
    pub fn timer(&mut self, number: u64) -> Option<&mut Timer> {
        self.timers.get_mut(&number)
    }

    /// Forgets a timer.
    pub fn remove_timer(&mut self, number: u64) -> Option<Timer> {
        self.timers.remove(&number)
    }

    /// Numbers of all timers.
    pub fn timers(&self) -> impl Iterator<Item = u64> + '_ {
        self.timers.keys().copied()
    }

    /// How many timers there are.
    pub fn timer_count(&self) -> usize {
        self.timers.len()
    }

    /// All callbacks, to be given up.
    pub fn into_callbacks(self) -> impl Iterator<Item = Callback> {
        let watches = self
            .watches
            .into_iter()
            .flatten()
            .map(|(_, callback)| callback);
        watches.chain(self.timers.into_values().map(|timer| timer.callback))
    }
}

/// Does this key name a watch?
#[inline]
pub fn is_watch(key: u64) -> bool {
    key & WATCH_BIT != 0
}

/// Numbers that count up need little mixing: the high bits, which the table compares, must
/// differ between neighbours.
#[derive(Default)]
struct NumberHasher(u64);

impl Hasher for NumberHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u64(u64::from(byte));
        }
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = (self.0 ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}
