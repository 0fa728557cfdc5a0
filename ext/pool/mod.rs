//! The hosts of pools: they keep the connections, pass the time in, wake who is next, and
//! make, check and reset connections with PHP code, which `native/pool` cannot.
//!
//! A lease belongs to the job (coroutine or callback) that took it, until it is given back:
//! by hand, with its `Lease` object, or with the job's end. Whatever must run PHP code when
//! nobody is there to run it (a reset after a destructor, a connection that is made ahead) is
//! a piece of work in a queue, and runs as a callback of its own (`upkeep`).
//!
//! Invariants:
//! 1. No borrow of a host is alive over a call into PHP or a switch; a `Value` is dropped
//!    outside of all of them.
//! 2. `things[i]` holds a connection exactly while slot `i` is one that was made.
//! 3. `owners[i]` is a worker whose job has not ended, or nobody: `job_ended` sees to that.

mod fork;
mod look;
mod maker;
mod reads;
mod stats;
mod take;
mod upkeep;

pub use fork::forked;
pub use maker::{Closures, End, Maker};
pub use reads::{Loan, borrow_again, loan_ended, query};
pub use stats::{add_metrics, stats};
pub use take::{take, try_take};
pub use upkeep::{start, upkeep};

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use tusk_pool::allowance::{Allowance, Unlimited};
use tusk_pool::config::Config;
use tusk_pool::pool::{Fate, Lease, Pool, Released};
use tusk_runtime::reactor::ActorId;
use tusk_runtime::sys::clock;
use tusk_runtime::task::{Waiter, Wake};

use crate::budget::{Budget, Taker};
use crate::core;
use crate::zend::class::Visitor;
use crate::zend::global::PhpThread;
use crate::zend::value::Value;
use crate::zend::worker::Worker;

/// See the module's description.
pub struct Host {
    /// For messages and metrics.
    pub name: String,
    /// How long a taker waits unless it says otherwise, in seconds.
    pub wait_timeout: f64,
    leak_after: Option<u64>,
    pool: RefCell<Pool<Waiter>>,
    things: RefCell<Vec<Option<Value>>>,
    owners: RefCell<Vec<Option<Worker>>>,
    answers: look::Answers,
    /// `fn (mixed $connection): void`, before a statement is executed again on one.
    prepare_for: RefCell<Option<Value>>,
    maker: Rc<dyn Maker>,
    /// What the last failure to connect said.
    last_error: RefCell<String>,
    actor: Cell<Option<ActorId>>,
    /// When its timer fires; `u64::MAX`: it is not set.
    armed: Cell<u64>,
    /// Whoever waits until the pool is drained.
    drained: RefCell<Vec<Waiter>>,
    /// What all workers may have together. Behind `things`: connections are closed before their
    /// share goes back.
    budget: Option<Rc<Budget>>,
}

/// A state machine without connections.
fn fresh(config: Config, seed: u64, budget: Option<&Rc<Budget>>) -> Pool<Waiter> {
    let allowance: Box<dyn Allowance> = match budget {
        Some(budget) => Box::new(Taker(Rc::clone(budget))),
        None => Box::new(Unlimited),
    };
    Pool::with_allowance(config, seed, allowance)
}

/// All hosts that live, for metrics, jobs that end and forks.
static HOSTS: PhpThread<Vec<Weak<Host>>> = PhpThread::new(Vec::new());

fn all() -> Vec<Rc<Host>> {
    HOSTS.with(|hosts| {
        hosts.retain(|host| host.strong_count() > 0);
        hosts.iter().filter_map(Weak::upgrade).collect()
    })
}

impl Host {
    /// A host without connections. [`start`] makes those that are to be made ahead.
    pub fn new(
        name: String,
        config: Config,
        wait_timeout: f64,
        maker: Rc<dyn Maker>,
        budget: Option<Rc<Budget>>,
    ) -> Rc<Host> {
        let host = Rc::new(Host {
            name,
            wait_timeout,
            leak_after: config.leak_after,
            pool: RefCell::new(fresh(config, clock::now(), budget.as_ref())),
            things: RefCell::default(),
            owners: RefCell::default(),
            answers: look::Answers::default(),
            prepare_for: RefCell::default(),
            maker,
            last_error: RefCell::default(),
            actor: Cell::new(None),
            armed: Cell::new(u64::MAX),
            drained: RefCell::default(),
            budget,
        });
        HOSTS.with(|hosts| hosts.push(Rc::downgrade(&host)));
        host
    }

    /// The connection of a loan that is on.
    pub fn thing(&self, lease: Lease) -> Option<Value> {
        if !self.pool.borrow().is_current(lease) {
            return None;
        }
        self.at(lease.index())
    }

    /// Is this loan still on?
    pub fn is_current(&self, lease: Lease) -> bool {
        self.pool.borrow().is_current(lease)
    }

    fn at(&self, index: usize) -> Option<Value> {
        self.things.borrow().get(index)?.clone()
    }

    fn keep(&self, index: usize, thing: Value) {
        let mut things = self.things.borrow_mut();
        if things.len() <= index {
            things.resize_with(index + 1, || None);
        }
        things[index] = Some(thing);
    }

    fn remove(&self, index: usize) -> Option<Value> {
        self.things.borrow_mut().get_mut(index)?.take()
    }

    /// The running job has it.
    #[inline]
    fn own(&self, lease: Lease) {
        let me = Worker::current();
        let mut owners = self.owners.borrow_mut();
        if owners.len() <= lease.index() {
            owners.resize(lease.index() + 1, None);
        }
        owners[lease.index()] = Some(me);
        me.count_lease(true);
    }

    /// Nobody has it any more.
    #[inline]
    fn disown(&self, lease: Lease) {
        let mut owners = self.owners.borrow_mut();
        if let Some(worker) = owners.get_mut(lease.index()).and_then(Option::take) {
            worker.count_lease(false);
        }
    }

    /// Ends a loan as its kind says. Never waits: a reset is made by somebody else.
    #[inline]
    pub fn end(self: &Rc<Host>, lease: Lease, end: End) -> bool {
        let fate = self.maker.fate(end);
        self.release(lease, fate, end != End::Given)
    }

    /// Ends a loan. False: it had ended. `doubt`: a reset looks whether it works at all.
    #[inline]
    pub fn release(self: &Rc<Host>, lease: Lease, fate: Fate, doubt: bool) -> bool {
        if !self.is_current(lease) {
            return false;
        }
        self.disown(lease);
        self.give_back(lease, fate, doubt);
        true
    }

    /// A loan or a reset has ended.
    #[inline]
    fn give_back(self: &Rc<Host>, lease: Lease, fate: Fate, doubt: bool) {
        let (released, has_news, due) = {
            let mut pool = self.pool.borrow_mut();
            let now = clock::now();
            let released = pool.release(lease, fate, now);
            let due = pool.due_of(lease.index(), now);
            (released, pool.has_news(), upkeep::earlier(self, due, now))
        };
        if due < self.armed.get() {
            upkeep::arm_by(self, due);
        }
        match released {
            Released::Kept | Released::Stale if !has_news => return,
            Released::Kept | Released::Stale => {}
            Released::Close => {
                let thing = self.remove(lease.index());
                self.settle();
                drop(thing);
            }
            Released::Reset(lease) => upkeep::reset_later(self, lease, doubt),
        }
        self.settle();
    }

    /// What the pool wants done after every call of it.
    #[inline]
    fn settle(&self) {
        loop {
            let (woken, retired) = {
                let mut pool = self.pool.borrow_mut();
                (pool.woken(), pool.retired())
            };
            if woken.is_none() && retired.is_none() {
                break;
            }
            if let Some(waiter) = woken {
                core::with(|core| core.reactor.scheduler.wake(waiter, Wake::Done));
            }
            drop(retired.and_then(|index| self.remove(index)));
        }
        if self.pool.borrow().is_closed() {
            self.tell_drained();
        }
    }

    #[cold]
    fn tell_drained(&self) {
        if !self.pool.borrow().is_drained() {
            return;
        }
        let waiters = std::mem::take(&mut *self.drained.borrow_mut());
        for waiter in waiters {
            core::with(|core| core.reactor.scheduler.wake(waiter, Wake::Done));
        }
    }

    /// Changes the bounds.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn resize(self: &Rc<Host>, min: usize, max: usize) -> Result<(), String> {
        self.pool.borrow_mut().resize(min, max, clock::now())?;
        self.settle();
        start(self);
        Ok(())
    }

    /// The settings.
    pub fn config(&self) -> Config {
        *self.pool.borrow().config()
    }

    /// Nobody takes any more.
    pub fn close(&self) {
        self.pool.borrow_mut().close(clock::now());
        self.settle();
    }

    /// Is nothing left of a pool that was closed?
    pub fn is_drained(&self) -> bool {
        self.pool.borrow().is_drained()
    }

    /// The waiter is woken when nothing is left.
    pub fn when_drained(&self, waiter: Waiter) {
        self.drained.borrow_mut().push(waiter);
    }

    /// For the collector.
    pub fn visit(&self, visitor: &mut Visitor) {
        self.maker.visit(visitor);
        if let Some(callable) = self.prepare_for.borrow().as_ref() {
            visitor.value(callable);
        }
        for thing in self.things.borrow().iter().flatten() {
            visitor.value(thing);
        }
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        let actor = self.actor.take().filter(|_| core::is_up());
        if let Some(actor) = actor {
            core::with(|core| core.reactor.remove_actor(actor));
        }
    }
}

/// A job has ended and still has leases: they go back.
pub fn job_ended(worker: Worker) {
    let task = worker.task();
    let cancelled = core::with(|core| core.reactor.scheduler.is_cancelled(task));
    let end = if cancelled {
        End::Cancelled
    } else {
        End::Doubt
    };
    for host in all() {
        let left: Vec<usize> = {
            let owners = host.owners.borrow();
            let mine = |(_, owner): &(usize, &Option<Worker>)| **owner == Some(worker);
            let all = owners.iter().enumerate().filter(mine);
            all.map(|(index, _)| index).collect()
        };
        for index in left {
            let lease = host.pool.borrow().lease_at(index);
            if let Some(lease) = lease {
                host.end(lease, end);
            }
        }
    }
}

/// The request has ended: what is queued is not done any more.
pub fn request_ended() {
    let hosts = HOSTS.with(std::mem::take);
    drop(hosts);
    upkeep::forget();
}
