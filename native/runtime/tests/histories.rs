//! Seeded random histories of the scheduler and of what tasks wait on, each against a
//! naive model that says in the plainest way what must have happened.
//!
//! A failing history prints its seed and step; `TUSK_SEED=n` runs that one alone.

#[path = "histories/channel.rs"]
mod channel;
#[path = "histories/random.rs"]
mod random;
#[path = "histories/scheduler.rs"]
mod scheduler;

/// Runs `history` for many seeds, or for the one of the environment.
fn for_seeds(count: u64, history: impl Fn(u64)) {
    match std::env::var("TUSK_SEED") {
        Ok(seed) => history(seed.parse().expect("TUSK_SEED is a number")),
        Err(_) => (1..=count).for_each(history),
    }
}
