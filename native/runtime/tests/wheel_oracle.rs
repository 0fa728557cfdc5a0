//! The timing wheel against a naive ordered map, over seeded random histories.

use std::collections::BTreeMap;
use tusk_runtime::Nanos;
use tusk_runtime::timer::{TimerKey, Wheel};

/// xorshift64*, so that a failing seed replays everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, bound: u64) -> u64 {
        (self.next() >> 11) % bound
    }

    /// Spans from a nanosecond to centuries: the number of bits is drawn first.
    fn span(&mut self) -> Nanos {
        let bits = self.below(63);
        self.next() >> (63 - bits).min(63) >> 1
    }
}

/// What the wheel should do, in the plainest way.
#[derive(Default)]
struct Oracle {
    armed: BTreeMap<(Nanos, u64), TimerKey>,
    inserted: u64,
}

fn run(seed: u64, steps: usize) {
    let mut random = Random(seed | 1);
    let mut wheel = Wheel::new();
    let mut oracle = Oracle::default();
    let mut fired_keys: Vec<TimerKey> = Vec::new();
    let mut now: Nanos = random.span();
    // A wheel starts at time 0, a program somewhere later.
    wheel.expire(now, &mut Vec::new());
    for step in 0..steps {
        let context = format!("seed {seed}, step {step}");
        match random.below(10) {
            0..=4 => {
                let deadline = match random.below(8) {
                    // In the past, at an equal time, or ahead.
                    0 => now.saturating_sub(random.below(1 << 20)),
                    1 => now,
                    2 => oracle.armed.keys().next().map_or(now, |key| key.0),
                    _ => now.saturating_add(random.span()),
                };
                let order = oracle.inserted;
                oracle.inserted += 1;
                let key = wheel.insert(deadline, order);
                oracle.armed.insert((deadline, order), key);
            }
            5..=6 if !oracle.armed.is_empty() => {
                let nth = random.below(oracle.armed.len() as u64) as usize;
                let (&at, &key) = oracle.armed.iter().nth(nth).expect("not empty");
                oracle.armed.remove(&at);
                assert_eq!(wheel.remove(key), Some(at.1), "{context}");
                assert_eq!(wheel.remove(key), None, "{context}: twice");
                fired_keys.push(key);
            }
            7 => {
                if let Some(&key) = fired_keys.last() {
                    assert_eq!(wheel.remove(key), None, "{context}: stale");
                }
            }
            _ => {
                now = match (random.below(4), oracle.armed.keys().next()) {
                    // To the next deadline, one short of it, or anywhere.
                    (0, Some(&(deadline, _))) => now.max(deadline),
                    (1, Some(&(deadline, _))) => now.max(deadline.saturating_sub(1)),
                    _ => now.saturating_add(random.span()),
                };
                let mut fired = Vec::new();
                wheel.expire(now, &mut fired);
                let later = oracle.armed.split_off(&(now, u64::MAX));
                let due = std::mem::replace(&mut oracle.armed, later);
                let expected: Vec<(Nanos, u64)> = due.keys().copied().collect();
                assert_eq!(fired, expected, "{context}: at {now}");
                fired_keys.extend(due.into_values());
            }
        }
        assert_eq!(wheel.len(), oracle.armed.len(), "{context}");
        let earliest = oracle.armed.keys().next().map(|key| key.0);
        match (wheel.next_deadline(), earliest) {
            (None, None) => {}
            (Some(next), Some(earliest)) => assert!(next <= earliest, "{context}: late"),
            (next, earliest) => panic!("{context}: {next:?} for {earliest:?}"),
        }
    }
    // Waking when told, and only then, fires everything: next_deadline makes progress.
    let mut fired = Vec::new();
    let mut wakes = 0;
    while let Some(next) = wheel.next_deadline() {
        wheel.expire(next, &mut fired);
        wakes += 1;
        assert!(
            wakes < 10 * steps,
            "seed {seed}: next_deadline does not advance"
        );
    }
    let expected: Vec<(Nanos, u64)> = oracle.armed.keys().copied().collect();
    assert_eq!(fired, expected, "seed {seed}: the rest");
}

#[test]
fn agrees_with_an_ordered_map() {
    for seed in 1..=200 {
        run(seed, 500);
    }
}

#[test]
#[ignore = "a long history: many seeds and steps"]
fn agrees_with_an_ordered_map_for_long() {
    for seed in 1000..1200 {
        run(seed, 20_000);
    }
}
