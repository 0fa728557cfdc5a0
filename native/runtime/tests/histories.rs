//! Seeded random histories of the scheduler and of what tasks wait on, each against a
//! naive model that says in the plainest way what must have happened.
//!
//! A failing history prints its seed and step; `TUSK_SEED=n` runs that one alone.

#[path = "histories/barrier.rs"]
mod barrier;
#[path = "histories/channel.rs"]
mod channel;
#[path = "histories/random.rs"]
mod random;
#[path = "histories/scheduler.rs"]
mod scheduler;
#[path = "histories/scope.rs"]
mod scope;
#[path = "histories/select.rs"]
mod select;
#[path = "histories/semaphore.rs"]
mod semaphore;

/// Runs `history` for many seeds: `count` of them, or as many as `TUSK_SCHEDULES` says (the
/// long run), or the one of `TUSK_SEED`.
fn for_seeds(count: u64, history: impl Fn(u64)) {
    let number = |name: &str| {
        let text = std::env::var(name).ok()?;
        Some(text.parse().expect("a number of schedules, or a seed"))
    };
    match number("TUSK_SEED") {
        Some(seed) => history(seed),
        None => (1..=number("TUSK_SCHEDULES").unwrap_or(count)).for_each(history),
    }
}
