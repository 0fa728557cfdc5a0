//! What timers cost with few and many armed: prints nanoseconds a pair of operations.
//!
//! `cargo run --release -p tusk-runtime --example timers`

use std::time::Instant;
use tusk_runtime::Nanos;
use tusk_runtime::timer::Wheel;

const ROUNDS: u64 = 1_000_000;
/// Timeouts as servers have them: a second to a minute and a bit ahead.
const NEAREST: Nanos = 1_000_000_000;

fn main() {
    println!("nanoseconds a timer: armed and removed; armed and fired within a time");
    println!(
        "{:>9} {:>8} {:>8} {:>8} {:>8}",
        "armed", "remove", "10 ms", "1 s", "60 s"
    );
    for armed in [10, 1_000, 100_000, 1_000_000] {
        println!(
            "{armed:>9} {:>8.1} {:>8.1} {:>8.1} {:>8.1}",
            insert_remove(armed),
            insert_expire(armed, 10_000_000),
            insert_expire(armed, 1_000_000_000),
            insert_expire(armed, 60_000_000_000),
        );
    }
}

/// Deadlines that look random but cost nothing to make.
fn spread(number: u64) -> Nanos {
    NEAREST + (number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 28)
}

fn filled(armed: u64) -> Wheel<u64> {
    let mut wheel = Wheel::new();
    for number in 0..armed {
        // Beyond what the measured rounds reach.
        wheel.insert((1 << 50) + spread(number), number);
    }
    wheel
}

/// A request's timeout that does not fire, while time goes on.
fn insert_remove(armed: u64) -> f64 {
    let mut wheel = filled(armed);
    let mut due = Vec::new();
    let started = Instant::now();
    for round in 0..ROUNDS {
        let now = round * 1_000;
        let key = wheel.insert(now + spread(round), round);
        if round % 64 == 0 {
            wheel.expire(now, &mut due);
        }
        assert!(wheel.remove(key).is_some());
    }
    started.elapsed().as_nanos() as f64 / ROUNDS as f64
}

/// Timers that all fire, within `horizon` of being armed; the loop turns every 50 µs, in
/// which 50 timers are armed.
fn insert_expire(armed: u64, horizon: Nanos) -> f64 {
    let mut wheel = filled(armed);
    let mut due = Vec::new();
    let (mut now, mut fired) = (0, 0);
    let started = Instant::now();
    for round in 0..ROUNDS {
        wheel.insert(now + (spread(round) - NEAREST) % horizon, round);
        if round % 50 == 0 {
            now += 50_000;
            wheel.expire(now, &mut due);
            fired += due.len();
            due.clear();
        }
    }
    wheel.expire(1 << 49, &mut due);
    fired += due.len();
    let elapsed = started.elapsed().as_nanos() as f64 / ROUNDS as f64;
    assert_eq!(fired as u64, ROUNDS);
    elapsed
}
