//! What is done for a pool when nobody asks: resets, connections that are made ahead, those
//! that are too old, leaks.
//!
//! A piece of work lies in a queue and runs as a callback of the loop, on any stack, so it may
//! wait. An actor's timer queues it when something is due; it does not keep a loop alive that
//! has nothing else to wait for. While nobody else is there to run it, work that a caller
//! depends on is done at once.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::{Rc, Weak};

use tusk_pool::pool::{Fate, Lease};
use tusk_runtime::reactor::{Actor, Reactor};
use tusk_runtime::sys::clock;

use super::{Host, take};
use crate::budget::LOOK;
use crate::core;
use crate::exception::Thrown;
use crate::zend::engine;
use crate::zend::global::PhpThread;
use crate::zend::value::Value;
use crate::zend::worker::Worker;

/// Key of the job that does a piece of work; see ext/zend/callback.c.
const UPKEEP: u64 = 1 << 62;

/// How long a connection that nobody waits for may take to be made, in seconds. A server that
/// has not answered by then does not.
const FILL_TIMEOUT: f64 = 10.0;

enum Work {
    /// Something is due by the clock.
    Tick(Weak<Host>),
    /// A connection came back dirty.
    Reset(Rc<Host>, Lease, bool),
    /// One is to be made ahead.
    Fill(Rc<Host>, Lease),
}

static QUEUE: PhpThread<VecDeque<Work>> = PhpThread::new(VecDeque::new());

fn queue(work: Work) {
    QUEUE.with(|queue| queue.push_back(work));
    core::with(|core| core.reactor.scheduler.call(UPKEEP));
}

/// The request has ended.
pub(super) fn forget() {
    let left = QUEUE.with(std::mem::take);
    drop(left);
}

/// Does one piece of work, as a callback.
pub fn upkeep() {
    let work = QUEUE.with(VecDeque::pop_front);
    match work {
        Some(Work::Tick(host)) => {
            if let Some(host) = host.upgrade() {
                tick(&host);
            }
        }
        Some(Work::Reset(host, lease, doubt)) => reset(&host, lease, doubt),
        Some(Work::Fill(host, lease)) => fill(&host, lease),
        None => {}
    }
}

/// Makes what is to be made ahead, and sets the clock.
pub fn start(host: &Rc<Host>) {
    // What others lack is not made ahead.
    let generous = shed_for_others(host);
    while let Some(lease) = next_to_fill(host, generous) {
        queue(Work::Fill(host.clone(), lease));
    }
    arm(host);
}

fn next_to_fill(host: &Host, generous: bool) -> Option<Lease> {
    match generous {
        true => None,
        false => host.pool.borrow_mut().fill(clock::now()),
    }
}

/// While another process lacks a connection of the budget, one that lies idle here is closed.
/// True: some process does.
fn shed_for_others(host: &Host) -> bool {
    let Some(budget) = host.budget.as_ref() else {
        return false;
    };
    let gauges = host.pool.borrow().gauges();
    let wanted = gauges.idle > 0 && gauges.waiting == 0 && budget.is_wanted();
    if wanted {
        host.pool.borrow_mut().shed(clock::now());
        host.settle();
    }
    wanted
}

/// A reset runs in a job of its own, so that who releases need not wait, and may release where
/// nobody can: in a destructor, or cancelled. A script that is alone does it at once.
pub(super) fn reset_later(host: &Rc<Host>, lease: Lease, doubt: bool) {
    let alone = core::with(|core| !core.is_concurrent());
    if alone && engine::may_switch() && !Worker::current().must_end() {
        reset(host, lease, doubt);
    } else {
        queue(Work::Reset(host.clone(), lease, doubt));
    }
}

fn reset(host: &Rc<Host>, lease: Lease, doubt: bool) {
    let thing = host.at(lease.index()).unwrap_or(Value::NULL);
    let maker = host.maker.clone();
    let clean = maker.reset(&thing, doubt);
    drop(thing);
    host.give_back(lease, if clean { Fate::Keep } else { Fate::Retire }, false);
    arm(host);
}

fn fill(host: &Rc<Host>, lease: Lease) {
    let maker = host.maker.clone();
    match maker.create(FILL_TIMEOUT) {
        Ok(thing) => {
            host.keep(lease.index(), thing);
            host.pool.borrow_mut().created_idle(lease, clock::now());
        }
        Err(Thrown) if engine::exception_is("Throwable") => {
            let thrown = engine::take_exception();
            take::note(host, &thrown);
            host.pool.borrow_mut().fill_failed(lease, clock::now());
        }
        Err(Thrown) => host.pool.borrow_mut().given_up(lease, clock::now()),
    }
    host.settle();
    arm(host);
}

fn tick(host: &Rc<Host>) {
    let now = clock::now();
    host.pool.borrow_mut().tick(now);
    host.settle();
    let leaks = host.pool.borrow_mut().leaks(now);
    for (lease, since) in leaks {
        let seconds = now.saturating_sub(since) as f64 / 1e9;
        let place = host.place_of(lease);
        engine::log(&format!(
            "Tusk: {}: a connection is lent for {seconds:.1} seconds now, which may be a leak. {place}",
            host.name
        ));
    }
    start(host);
}

// ---- the clock ---------------------------------------------------------------------------

struct Clock {
    host: Weak<Host>,
}

impl Actor for Clock {
    fn completed(&mut self, _: &mut Reactor, _: tusk_runtime::reactor::OpId, _: i32) {}

    fn expired(&mut self, reactor: &mut Reactor) {
        QUEUE.with(|queue| queue.push_back(Work::Tick(self.host.clone())));
        reactor.scheduler.call(UPKEEP);
    }

    fn flush(&mut self, _: &mut Reactor) {}

    fn forked(&mut self, _: &mut Reactor) {}
}

/// Sets the host's clock to when something is due.
pub(super) fn arm(host: &Rc<Host>) {
    let now = clock::now();
    let due = host.pool.borrow().next_due(now).unwrap_or(u64::MAX);
    let idles = host.pool.borrow().gauges().idle > 0;
    let due = if idles { earlier(host, due, now) } else { due };
    set(host, Some(due).filter(|&due| due != u64::MAX));
}

/// With a connection that is idle: a pool with a budget looks now and then whether others want it.
pub(super) fn earlier(host: &Host, due: u64, now: u64) -> u64 {
    match host.budget {
        Some(_) => due.min(now.saturating_add(LOOK)),
        None => due,
    }
}

/// Sets it to `due`, if that is earlier than what it is set to.
pub(super) fn arm_by(host: &Rc<Host>, due: u64) {
    if due < host.armed.get() {
        set(host, Some(due));
    }
}

fn set(host: &Rc<Host>, due: Option<u64>) {
    host.armed.set(due.unwrap_or(u64::MAX));
    core::with(|core| {
        let actor = match (host.actor.get(), due) {
            (Some(actor), _) => actor,
            (None, None) => return,
            (None, Some(_)) => {
                let clock = Clock {
                    host: Rc::downgrade(host),
                };
                let actor = core.reactor.add_actor(Rc::new(RefCell::new(clock)));
                host.actor.set(Some(actor));
                actor
            }
        };
        core.reactor.set_actor_timer(actor, due);
    });
}
