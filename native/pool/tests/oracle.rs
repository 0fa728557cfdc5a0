//! The pool against a model that says the same in the plainest way, under random schedules:
//! takers that come, wait, give up before and after they were served, are cancelled between
//! their wake-up and their run; connections that fail to be made, break, are reset; resizes,
//! time that passes, a shared allowance that says no.
//!
//! `TUSK_SEED=n` replays one schedule, `TUSK_SCHEDULES=n` runs more.

mod model;

use std::cell::Cell;
use std::rc::Rc;

use model::{Has, Model};
use tusk_pool::allowance::Allowance;
use tusk_pool::config::Config;
use tusk_pool::line::Ticket;
use tusk_pool::pool::{Fate, Lease, Pool, Refusal, Released, Taken};
use tusk_runtime::random::Random;

const STEPS: usize = 300;
const SCHEDULES: u64 = 2_000;

/// A taker in the pool's hands or with something of it.
#[derive(Clone, Copy, Debug)]
enum Actor {
    Waits(Ticket),
    Checks(Lease),
    Creates(Lease),
    Uses(Lease),
    Resets(Lease),
}

#[derive(Clone, Default)]
struct Shared(Rc<Cell<usize>>);

impl Allowance for Shared {
    fn try_take(&self) -> bool {
        let left = self.0.get();
        self.0.set(left.saturating_sub(1));
        left > 0
    }

    fn give_back(&self) {
        self.0.set(self.0.get() + 1);
    }
}

struct World {
    random: Random,
    now: u64,
    pool: Pool<u32>,
    model: Model,
    allowance: Shared,
    actors: Vec<(u32, Actor)>,
    old: Vec<Lease>,
    next: u32,
}

impl World {
    fn new(seed: u64) -> World {
        let mut random = Random::new(seed);
        let max = 1 + random.below(4);
        let config = Config {
            max,
            min: random.below(max + 1),
            idle_timeout: (random.below(2) == 0).then_some(50),
            max_lifetime: None,
            check_after: (random.below(2) == 0).then_some(20),
            leak_after: None,
            max_waiters: 1 + random.below(8),
        };
        let left = if random.below(3) == 0 {
            random.below(max + 1)
        } else {
            1000
        };
        let allowance = Shared(Rc::new(Cell::new(left)));
        World {
            pool: Pool::with_allowance(config, seed, Box::new(allowance.clone())),
            model: Model::new(config, left),
            random,
            now: 1,
            allowance,
            actors: Vec::new(),
            old: Vec::new(),
            next: 0,
        }
    }

    /// What the pool says must be what the model says; then the taker is where it says.
    fn settle(&mut self, name: u32, taken: Taken, first: bool) {
        let expected = self.model.answer.take();
        match (taken, expected) {
            (Taken::Lease(lease), Some(Has::Lease(place))) if lease.index() == place => {
                self.actors.push((name, Actor::Uses(lease)));
            }
            (Taken::Check(lease), Some(Has::Check(place))) if lease.index() == place => {
                self.actors.push((name, Actor::Checks(lease)));
            }
            (Taken::Create(lease), Some(Has::Create)) => {
                self.model.placed(name, lease.index());
                self.actors.push((name, Actor::Creates(lease)));
            }
            (Taken::Refused(Refusal::Down(_)), Some(Has::Down))
            | (Taken::Refused(Refusal::Full), Some(Has::Full))
            | (Taken::Refused(Refusal::Closed), Some(Has::Closed)) => {}
            (Taken::Wait, None) => {
                let ticket = if first {
                    self.pool.wait_first(name, self.now)
                } else {
                    self.pool.wait(name, self.now)
                };
                self.model.waits(name, first);
                self.actors.push((name, Actor::Waits(ticket)));
            }
            other => panic!("pool and model differ: {other:?}"),
        }
    }

    fn step(&mut self) {
        self.now += self.random.below(15) as u64;
        let pick = self.random.below(self.actors.len().max(1));
        match self.random.below(20) {
            0..=5 => {
                let name = self.next;
                self.next += 1;
                self.model.take(name, self.now);
                let taken = self.pool.take(self.now);
                self.settle(name, taken, false);
            }
            6 => {
                self.model.tick(self.now);
                self.pool.tick(self.now);
            }
            7 => {
                let expected = self.model.fill(self.now);
                let lease = self.pool.fill(self.now);
                assert_eq!(lease.is_some(), expected, "fill");
                if let Some(lease) = lease {
                    self.model.placed(u32::MAX, lease.index());
                    if self.random.below(3) == 0 {
                        self.model.fill_failed(lease.index(), self.now);
                        self.pool.fill_failed(lease, self.now);
                    } else {
                        self.model.created_idle(lease.index(), self.now);
                        self.pool.created_idle(lease, self.now);
                    }
                }
            }
            8 if self.random.below(20) == 0 => {
                let max = 1 + self.random.below(4);
                let min = self.random.below(max + 1);
                self.model.resize(min, max, self.now);
                self.pool.resize(min, max, self.now).expect("it is valid");
            }
            9 if self.random.below(60) == 0 => {
                self.model.close(self.now);
                self.pool.close(self.now);
            }
            10 if !self.old.is_empty() => {
                let stale = self.old[self.random.below(self.old.len())];
                assert_eq!(
                    self.pool.release(stale, Fate::Keep, self.now),
                    Released::Stale
                );
            }
            // Long enough for a breaker's pause.
            11 if self.random.below(10) == 0 => self.now += 1_000_000_000,
            _ if self.actors.is_empty() => {}
            _ => self.go_on(pick),
        }
        self.after();
    }

    /// One of the takers does what it can.
    fn go_on(&mut self, pick: usize) {
        let (name, actor) = self.actors.swap_remove(pick);
        match actor {
            Actor::Waits(ticket) => match self.random.below(6) {
                // A cancel or a deadline, before or after it was served.
                0 => {
                    self.model.leave(name, self.now);
                    self.pool.leave(ticket, self.now);
                }
                _ if !self.model.is_served(name) => {
                    assert_eq!(self.pool.collect(ticket), Taken::Wait);
                    self.actors.push((name, Actor::Waits(ticket)));
                }
                _ => {
                    self.model.collect(name);
                    let taken = self.pool.collect(ticket);
                    self.settle(name, taken, false);
                }
            },
            Actor::Creates(lease) => match self.random.below(4) {
                0 => {
                    self.model.failed(name, lease.index(), self.now);
                    let taken = self.pool.failed(lease, self.now);
                    self.settle(name, taken, true);
                }
                1 => {
                    self.model.given_up(lease.index(), self.now);
                    self.pool.given_up(lease, self.now);
                }
                _ => {
                    self.model.created(lease.index(), self.now);
                    self.pool.created(lease, self.now);
                    self.actors.push((name, Actor::Uses(lease)));
                }
            },
            Actor::Checks(lease) => match self.random.below(3) {
                0 => {
                    self.model.unchecked(lease.index(), self.now);
                    self.pool.unchecked(lease, self.now);
                }
                verdict => {
                    self.model
                        .recycled(name, lease.index(), verdict == 1, self.now);
                    let taken = self.pool.recycled(lease, verdict == 1, self.now);
                    self.settle(name, taken, true);
                }
            },
            Actor::Uses(lease) | Actor::Resets(lease) => {
                let fate =
                    [Fate::Keep, Fate::Keep, Fate::Reset, Fate::Retire][self.random.below(4)];
                let fate = match actor {
                    Actor::Resets(_) if fate == Fate::Reset => Fate::Keep,
                    _ => fate,
                };
                let expected = self.model.release(lease.index(), fate, self.now);
                self.old.push(lease);
                match (self.pool.release(lease, fate, self.now), expected) {
                    (Released::Kept, model::Back::Kept)
                    | (Released::Close, model::Back::Closed) => {}
                    (Released::Reset(lease), model::Back::Resets) => {
                        self.actors.push((name, Actor::Resets(lease)));
                    }
                    other => panic!("pool and model differ: {other:?}"),
                }
            }
        }
    }

    /// The host's duties, and what holds after every step.
    fn after(&mut self) {
        let mut woken = Vec::new();
        while let Some(name) = self.pool.woken() {
            woken.push(name);
        }
        assert_eq!(
            woken,
            std::mem::take(&mut self.model.woken),
            "who is woken, in order"
        );
        let mut retired = Vec::new();
        while let Some(place) = self.pool.retired() {
            retired.push(place);
        }
        let mut expected = std::mem::take(&mut self.model.retired);
        retired.sort_unstable();
        expected.sort_unstable();
        assert_eq!(retired, expected, "what is closed");
        let gauges = self.pool.gauges();
        assert_eq!(
            (
                gauges.leased,
                gauges.idle,
                gauges.creating,
                gauges.recycling,
                gauges.waiting
            ),
            self.model.counts(),
            "leased, idle, creating, recycling, waiting"
        );
        assert_eq!(
            self.allowance.0.get(),
            self.model.allowance,
            "the allowance"
        );
        assert!(
            gauges.waiting == 0 || gauges.idle == 0,
            "somebody waits beside an idle connection"
        );
        self.old.retain(|lease| !self.pool.is_current(*lease));
    }

    /// Everybody ends what they do; nothing may be left behind.
    fn drain(&mut self) {
        while !self.actors.is_empty() {
            let pick = self.random.below(self.actors.len());
            self.go_on(pick);
            self.after();
        }
        self.model.close(self.now);
        self.pool.close(self.now);
        self.after();
        assert!(self.pool.is_drained(), "{:?}", self.pool.gauges());
        assert_eq!(
            self.allowance.0.get(),
            self.model.total,
            "every permit came back"
        );
    }
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

#[test]
fn every_schedule_ends_as_the_model_says() {
    let seeds = match number("TUSK_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("TUSK_SCHEDULES").unwrap_or(SCHEDULES),
    };
    for seed in seeds {
        let schedule = std::panic::AssertUnwindSafe(|| {
            let mut world = World::new(seed);
            for _ in 0..STEPS {
                world.step();
            }
            world.drain();
        });
        if let Err(panic) = std::panic::catch_unwind(schedule) {
            eprintln!("replay with TUSK_SEED={seed}");
            std::panic::resume_unwind(panic);
        }
    }
}
