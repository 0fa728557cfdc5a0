//! Seeded schedules of what tasks wait on, through the whole reactor on the fake driver: the
//! tasks wait for ops in between, whose order, delay and time the driver draws from the seed,
//! and they are cancelled and time out wherever they stand.
//!
//! What must hold is said without a model of the primitive: nobody is left when nothing can
//! happen any more (a lost wake-up), nothing is lost or doubled, nobody is overtaken.
//! `histories.rs` has the models. A failing schedule prints its seed; `TUSK_SEED=n` runs it alone.

#[path = "schedules/channel.rs"]
mod channel;
#[path = "schedules/permits.rs"]
mod permits;
#[path = "histories/random.rs"]
mod random;
#[path = "schedules/rig.rs"]
mod rig;
#[path = "schedules/scope.rs"]
mod scope;

/// Runs `schedule` for many seeds: a few thousand, or as many as `TUSK_SCHEDULES` says (the
/// long run), or the one of `TUSK_SEED`.
fn for_seeds(schedule: impl Fn(u64)) {
    let number = |name: &str| {
        let text = std::env::var(name).ok()?;
        Some(text.parse().expect("a number of schedules, or a seed"))
    };
    match number("TUSK_SEED") {
        Some(seed) => schedule(seed),
        None => (1..=number("TUSK_SCHEDULES").unwrap_or(3000)).for_each(schedule),
    }
}
