//! What a pool does, said without a thought for speed: lists that are searched from the front,
//! and one rule, `serve`, that is applied whenever anything has changed.

use tusk_pool::breaker::Breaker;
use tusk_pool::config::Config;
use tusk_pool::pool::Fate;
/// What a taker is given; `None` is: it waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Has {
    Lease(usize),
    Check(usize),
    Create,
    Down,
    Full,
    Closed,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Back {
    Kept,
    Resets,
    Closed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Doing {
    Made,
    Lent,
    Idle,
    Checked,
    Reset,
}

#[derive(Debug)]
struct Connection {
    /// Unknown until the pool has said where it keeps one that is being made.
    place: Option<usize>,
    /// Who was given the right to make it and has not collected that.
    maker: u32,
    doing: Doing,
    since: u64,
}

pub struct Model {
    config: Config,
    pub total: usize,
    pub allowance: usize,
    connections: Vec<Connection>,
    line: Vec<u32>,
    served: Vec<(u32, Has)>,
    breaker: Breaker,
    suspect_before: u64,
    wanted: bool,
    closed: bool,
    /// The answer to the last question.
    pub answer: Option<Has>,
    pub woken: Vec<u32>,
    pub retired: Vec<usize>,
}

impl Model {
    pub fn new(config: Config, allowance: usize) -> Model {
        Model {
            config,
            total: allowance,
            allowance,
            connections: Vec::new(),
            line: Vec::new(),
            served: Vec::new(),
            breaker: Breaker::default(),
            suspect_before: 0,
            wanted: false,
            closed: false,
            answer: None,
            woken: Vec::new(),
            retired: Vec::new(),
        }
    }

    fn count(&self, doing: Doing) -> usize {
        self.connections
            .iter()
            .filter(|one| one.doing == doing)
            .count()
    }

    pub fn counts(&self) -> (usize, usize, usize, usize, usize) {
        (
            self.count(Doing::Lent),
            self.count(Doing::Idle),
            self.count(Doing::Made),
            self.count(Doing::Checked) + self.count(Doing::Reset),
            self.line.len(),
        )
    }

    fn find(&mut self, place: usize) -> &mut Connection {
        let found = self
            .connections
            .iter_mut()
            .find(|one| one.place == Some(place));
        found.expect("the pool names a connection that is")
    }

    fn remove(&mut self, place: usize) {
        self.connections.retain(|one| one.place != Some(place));
        self.allowance += 1;
    }

    fn down(&self, now: u64) -> bool {
        self.connections.is_empty() && self.breaker.retry_at().is_some_and(|at| at > now)
    }

    /// The connection that was given back last, or one more.
    fn obtain(&mut self, name: u32, now: u64) -> Option<Has> {
        let latest = self
            .connections
            .iter_mut()
            .enumerate()
            .filter(|(_, one)| one.doing == Doing::Idle)
            // The list is kept in the order in which connections were given back.
            .max_by_key(|(position, _)| *position);
        if let Some((_, one)) = latest {
            let place = one.place.expect("it was made");
            let old = self
                .config
                .check_after
                .is_some_and(|after| now - one.since > after);
            if old || one.since < self.suspect_before {
                one.doing = Doing::Checked;
                return Some(Has::Check(place));
            }
            one.doing = Doing::Lent;
            return Some(Has::Lease(place));
        }
        self.make(name, now).then_some(Has::Create)
    }

    fn make(&mut self, maker: u32, now: u64) -> bool {
        if self.connections.len() >= self.config.max
            || !self.breaker.would_permit(now)
            || self.allowance == 0
        {
            return false;
        }
        self.breaker.permit(now);
        self.allowance -= 1;
        self.connections.push(Connection {
            place: None,
            maker,
            doing: Doing::Made,
            since: now,
        });
        true
    }

    fn serve(&mut self, now: u64) {
        while let Some(&name) = self.line.first() {
            let has = if self.closed {
                Has::Closed
            } else if self.down(now) {
                self.wanted = true;
                Has::Down
            } else {
                match self.obtain(name, now) {
                    Some(has) => has,
                    None => return,
                }
            };
            self.line.remove(0);
            self.served.push((name, has));
            self.woken.push(name);
        }
    }

    pub fn take(&mut self, name: u32, now: u64) {
        self.answer = if self.closed {
            Some(Has::Closed)
        } else {
            self.serve(now);
            let has = if self.line.is_empty() {
                self.obtain(name, now)
            } else {
                None
            };
            if has.is_some() {
                has
            } else if self.down(now) {
                self.wanted = true;
                Some(Has::Down)
            } else if self.line.len() >= self.config.max_waiters {
                Some(Has::Full)
            } else {
                None
            }
        };
    }

    pub fn waits(&mut self, name: u32, first: bool) {
        if first {
            self.line.insert(0, name);
        } else {
            self.line.push(name);
        }
    }

    pub fn placed(&mut self, name: u32, place: usize) {
        let unplaced = |one: &&mut Connection| one.place.is_none() && one.maker == name;
        let one = self.connections.iter_mut().find(unplaced);
        one.expect("it is being made").place = Some(place);
    }

    pub fn is_served(&self, name: u32) -> bool {
        self.served.iter().any(|(who, _)| *who == name)
    }

    pub fn collect(&mut self, name: u32) {
        let at = self
            .served
            .iter()
            .position(|(who, _)| *who == name)
            .expect("served");
        self.answer = Some(self.served.remove(at).1);
    }

    pub fn leave(&mut self, name: u32, now: u64) {
        if !self.is_served(name) {
            self.line.retain(|who| *who != name);
            return;
        }
        self.collect(name);
        match self.answer.take() {
            Some(Has::Lease(place)) => {
                self.release(place, Fate::Keep, now);
            }
            Some(Has::Check(place)) => self.unchecked(place, now),
            Some(Has::Create) => {
                self.connections
                    .retain(|one| one.place.is_some() || one.maker != name);
                self.allowance += 1;
                self.breaker.given_up(now);
                self.serve(now);
            }
            _ => {}
        }
    }

    fn born(&mut self) {
        self.breaker.success();
        self.wanted = false;
    }

    pub fn created(&mut self, place: usize, now: u64) {
        self.born();
        self.find(place).doing = Doing::Lent;
        self.serve(now);
    }

    pub fn created_idle(&mut self, place: usize, now: u64) {
        self.born();
        self.put_back(place, now, false);
    }

    pub fn failed(&mut self, name: u32, place: usize, now: u64) {
        self.breaker.failure(now);
        self.remove(place);
        let others = !self.connections.is_empty();
        self.answer = if self.closed {
            Some(Has::Closed)
        } else if !others {
            Some(Has::Down)
        } else if self.count(Doing::Idle) > 0 {
            self.obtain(name, now)
        } else {
            None
        };
        self.serve(now);
    }

    pub fn fill_failed(&mut self, place: usize, now: u64) {
        self.breaker.failure(now);
        self.remove(place);
        self.serve(now);
    }

    pub fn given_up(&mut self, place: usize, now: u64) {
        self.breaker.given_up(now);
        self.remove(place);
        self.serve(now);
    }

    pub fn recycled(&mut self, name: u32, place: usize, alive: bool, now: u64) {
        if alive {
            self.find(place).doing = Doing::Lent;
            self.answer = Some(Has::Lease(place));
            return;
        }
        self.suspect_before = now;
        self.remove(place);
        self.answer = if self.closed {
            Some(Has::Closed)
        } else {
            let has = self.obtain(name, now);
            if has.is_none() && self.down(now) {
                Some(Has::Down)
            } else {
                has
            }
        };
    }

    pub fn unchecked(&mut self, place: usize, now: u64) {
        let since = self.find(place).since;
        self.put_back(place, since, true);
        self.serve(now);
    }

    fn put_back(&mut self, place: usize, since: u64, at_front: bool) {
        let at = self
            .connections
            .iter()
            .position(|one| one.place == Some(place));
        let mut one = self.connections.remove(at.expect("it is"));
        (one.doing, one.since) = (Doing::Idle, since);
        if at_front {
            self.connections.insert(0, one);
        } else {
            self.connections.push(one);
            self.serve(since);
        }
    }

    pub fn release(&mut self, place: usize, fate: Fate, now: u64) -> Back {
        if self.closed || self.connections.len() > self.config.max {
            self.remove(place);
            self.serve(now);
            return Back::Closed;
        }
        match fate {
            Fate::Keep => {
                self.put_back(place, now, false);
                Back::Kept
            }
            Fate::Reset => {
                self.find(place).doing = Doing::Reset;
                Back::Resets
            }
            Fate::Retire => {
                self.suspect_before = now;
                self.remove(place);
                self.serve(now);
                Back::Closed
            }
        }
    }

    fn retire_oldest_idle(&mut self) -> bool {
        let idle = self.connections.iter().find(|one| one.doing == Doing::Idle);
        let Some(place) = idle.and_then(|one| one.place) else {
            return false;
        };
        self.remove(place);
        self.retired.push(place);
        true
    }

    pub fn tick(&mut self, now: u64) {
        let timeout = self.config.idle_timeout.unwrap_or(u64::MAX / 2);
        while self.connections.len() > self.config.min {
            let idle = |one: &&Connection| one.doing == Doing::Idle && one.since + timeout <= now;
            let Some(place) = self.connections.iter().find(idle).and_then(|one| one.place) else {
                break;
            };
            self.remove(place);
            self.retired.push(place);
        }
        self.serve(now);
    }

    pub fn fill(&mut self, now: u64) -> bool {
        let missing = self.connections.len() < self.config.min
            || (self.wanted && self.connections.is_empty());
        !self.closed && missing && self.make(u32::MAX, now)
    }

    pub fn resize(&mut self, min: usize, max: usize, now: u64) {
        (self.config.min, self.config.max) = (min, max);
        while self.connections.len() > max && self.retire_oldest_idle() {}
        self.serve(now);
    }

    pub fn close(&mut self, now: u64) {
        self.closed = true;
        while self.retire_oldest_idle() {}
        self.serve(now);
    }
}
