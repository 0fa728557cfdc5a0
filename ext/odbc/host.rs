//! A pool's state, as an actor: it takes connections back in order when nobody waits for them.
//!
//! A loan whose end is in doubt (a timeout, a cancel, an exception in a transaction, a stream
//! that was left) goes through *recovery*: its thread is asked to roll back and to say whether
//! the connection lives. Until then nobody has it. A driver that does not come back within
//! [`GRACE`] loses its connection: the place is free for a new one, and the thread ends when
//! its driver lets it.
//!
//! Invariant: `workers[i]` is there exactly while slot `i` of the pool is not free. A fork
//! counts `epoch` up, so that loans of before name nothing.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use tusk_odbc::failure::Failure;
use tusk_odbc::flow::{Flow, Interest, Room};
use tusk_odbc::session::Job;
use tusk_odbc::sys::connection::Info;
use tusk_odbc::worker::{Crew, Worker};
use tusk_pool::config::Config;
use tusk_pool::pool::{Fate, Lease, Pool, Released, Taken};
use tusk_runtime::error::Kind;
use tusk_runtime::reactor::{Actor, ActorId, OpId, Reactor};
use tusk_runtime::sys::clock;
use tusk_runtime::task::{Waiter, Wake};

use super::ending;
use super::options::Settings;
use crate::budget::{Budget, LOOK};
use crate::core;
use crate::exception::Thrown;

/// How long a recovery may take. A cancel is a round trip or two; a driver that has not come
/// back by then ignores it.
const GRACE: u64 = 3_000_000_000;

/// How long a connection that nobody waits for may take to be made.
const FILL_PATIENCE: u64 = 30_000_000_000;

/// Threads beyond `max` that drivers may keep hanging, for each connection of the pool. With
/// more, the process would fill with them while its server is black-holed.
const STUCK_PER_CONNECTION: usize = 2;

/// How often a pool that nobody has looks whether its last thread has ended.
const GOODBYE_LOOK: u64 = 1_000_000_000;

/// One loan of one connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Loan {
    pub(super) lease: Lease,
    epoch: u32,
}

enum Purpose {
    Recover,
    Fill,
}

struct Pending {
    op: Option<OpId>,
    lease: Lease,
    flow: Arc<Flow>,
    purpose: Purpose,
    deadline: u64,
}

/// See the module's description.
pub struct Host {
    pub(super) pool: Pool<Waiter>,
    workers: Vec<Option<Worker>>,
    pub(super) crew: Arc<Crew>,
    config: Config,
    actor: Option<ActorId>,
    pending: Vec<Pending>,
    epoch: u32,
    /// No object of PHP has it any more.
    left: bool,
    /// A statement that shows whether the server answers.
    pub(super) check: Option<String>,
    /// What all workers may have together.
    pub(super) budget: Option<Rc<Budget>>,
    /// What the last failure to connect said.
    pub(super) last_error: String,
    pub(super) info: Info,
    make_pool: Box<dyn Fn() -> Pool<Waiter>>,
}

impl Host {
    pub(super) fn open(settings: Settings) -> Result<Rc<RefCell<Host>>, Thrown> {
        let Settings {
            crew,
            config,
            check,
            budget,
            make_pool,
            ..
        } = settings;
        let host = Rc::new(RefCell::new(Host {
            pool: make_pool(),
            workers: Vec::new(),
            crew,
            config,
            actor: None,
            pending: Vec::new(),
            epoch: 0,
            left: false,
            check,
            budget,
            last_error: String::new(),
            info: Info::default(),
            make_pool,
        }));
        let actor: Rc<RefCell<dyn Actor>> = host.clone();
        let id = core::with(|core| core.reactor.add_actor(actor));
        host.borrow_mut().actor = Some(id);
        ending::note(&host);
        Ok(host)
    }

    pub(super) fn loan(&self, lease: Lease) -> Loan {
        Loan {
            lease,
            epoch: self.epoch,
        }
    }

    /// The thread of a loan's connection; `None`: the loan is of before a fork.
    pub(super) fn worker(&self, loan: Loan) -> Option<&Worker> {
        if loan.epoch != self.epoch {
            return None;
        }
        self.workers.get(loan.lease.index())?.as_ref()
    }

    /// Starts a connection for a slot that is being made.
    pub(super) fn start(&mut self, lease: Lease, reactor: &Reactor) -> Result<Arc<Flow>, Failure> {
        let threads = self.crew.threads();
        let most = self.config.max * (1 + STUCK_PER_CONNECTION);
        if threads >= most {
            return Err(Failure::of(
                Kind::Overloaded,
                tusk_odbc::failure::CONNECT,
                format!(
                    "{threads} threads of this pool hang in their driver, which heeds neither a deadline nor a cancel; \
                     set the driver's own timeouts in the connection string (docs/databases.md)"
                ),
            ));
        }
        let (worker, flow) = Worker::start(&self.crew, reactor.sender())?;
        let index = lease.index();
        if self.workers.len() <= index {
            self.workers.resize_with(index + 1, || None);
        }
        self.workers[index] = Some(worker);
        Ok(flow)
    }

    /// A connection was made; keeps what it says of itself.
    pub(super) fn note_info(&mut self, lease: Lease) {
        let worker = self.workers.get(lease.index()).and_then(Option::as_ref);
        if let Some(info) = worker.and_then(Worker::info) {
            self.info = info;
        }
    }

    /// A slot's connection goes; its thread says goodbye by itself.
    pub(super) fn forget(&mut self, index: usize) {
        if let Some(place) = self.workers.get_mut(index) {
            drop(place.take());
        }
    }

    /// Ends a loan.
    pub(super) fn release(&mut self, reactor: &mut Reactor, loan: Loan, fate: Fate) {
        if loan.epoch != self.epoch {
            return;
        }
        match self.pool.release(loan.lease, fate, clock::now()) {
            Released::Kept | Released::Stale => {}
            Released::Close => self.forget(loan.lease.index()),
            Released::Reset(lease) => self.recover(reactor, lease),
        }
        self.settle(reactor);
    }

    fn recover(&mut self, reactor: &mut Reactor, lease: Lease) {
        let flow = Flow::new(Room::Stream);
        let job = Job::Recover(self.check.clone());
        let worker = self.workers.get(lease.index()).and_then(Option::as_ref);
        let put = worker.is_some_and(|worker| worker.put(job, &flow).is_ok());
        if !put {
            self.pool.release(lease, Fate::Retire, clock::now());
            self.forget(lease.index());
            return;
        }
        self.expect(reactor, lease, flow, Purpose::Recover, GRACE);
    }

    /// From now on the actor waits for the end of this flow.
    fn expect(
        &mut self,
        reactor: &mut Reactor,
        lease: Lease,
        flow: Arc<Flow>,
        purpose: Purpose,
        patience: u64,
    ) {
        let Some(actor) = self.actor else { return };
        let op = reactor.open_letter_for_actor(actor);
        self.pending.push(Pending {
            op: Some(op),
            lease,
            flow: Arc::clone(&flow),
            purpose,
            deadline: clock::now().saturating_add(patience),
        });
        if !flow.wait(Interest::End, op) {
            // It has ended already: the letter is posted by ourselves.
            let letter = tusk_runtime::reactor::Letter { op, result: 0 };
            reactor.sender().send_owed(letter);
        }
    }

    /// What the pool wants done after every call of it.
    pub(super) fn settle(&mut self, reactor: &mut Reactor) {
        let now = clock::now();
        let generous = self.shed_for_others(now);
        while let Some(lease) = if generous { None } else { self.pool.fill(now) } {
            match self.start(lease, reactor) {
                Ok(flow) => self.expect(reactor, lease, flow, Purpose::Fill, FILL_PATIENCE),
                Err(failure) => {
                    self.last_error = failure.to_string();
                    self.pool.fill_failed(lease, now);
                    break;
                }
            }
        }
        while let Some(index) = self.pool.retired() {
            self.forget(index);
        }
        while let Some(waiter) = self.pool.woken() {
            reactor.scheduler.wake(waiter, Wake::Done);
        }
        let Some(actor) = self.actor else { return };
        let pending = self.pending.iter().map(|pending| pending.deadline);
        let looks = self.budget.is_some() && self.pool.gauges().idle > 0;
        let look = looks.then(|| now.saturating_add(LOOK));
        let due = self.pool.next_due(now).into_iter();
        let over = self.left && self.pending.is_empty() && self.workers.iter().all(Option::is_none);
        if over && self.crew.threads() == 0 {
            self.actor = None;
            reactor.remove_actor(actor);
            return;
        }
        // The end of the request, and a fork, have to find threads that still say goodbye.
        let goodbye = over.then(|| now.saturating_add(GOODBYE_LOOK));
        let due = due.chain(pending).chain(look).chain(goodbye).min();
        reactor.set_actor_timer(actor, due);
        reactor.set_busy(actor, self.pool.gauges().waiting > 0);
    }

    /// While another process lacks a connection, one that lies idle here is closed. True:
    /// some process does.
    fn shed_for_others(&mut self, now: u64) -> bool {
        let gauges = self.pool.gauges();
        let wanted = self
            .budget
            .as_ref()
            .is_some_and(|budget| gauges.idle > 0 && gauges.waiting == 0 && budget.is_wanted());
        if wanted {
            if let Taken::Lease(lease) | Taken::Check(lease) = self.pool.take(now) {
                self.pool.recycled(lease, true, now);
                if self.pool.release(lease, Fate::Retire, now) == Released::Close {
                    self.forget(lease.index());
                }
            }
        }
        wanted
    }

    fn concluded(&mut self, pending: Pending) {
        let Pending {
            lease,
            flow,
            purpose,
            ..
        } = pending;
        let now = clock::now();
        let end = flow.end().unwrap_or_else(|| {
            flow.close();
            Err(Failure::of(
                Kind::TimedOut,
                tusk_odbc::failure::CONNECT,
                "it took too long",
            ))
        });
        match (purpose, end) {
            (Purpose::Recover, Ok(())) => {
                if self.pool.release(lease, Fate::Keep, now) == Released::Close {
                    self.forget(lease.index());
                }
            }
            (Purpose::Recover, Err(_)) => {
                self.pool.release(lease, Fate::Retire, now);
                self.forget(lease.index());
            }
            (Purpose::Fill, Ok(())) => {
                self.note_info(lease);
                self.pool.created_idle(lease, now);
            }
            (Purpose::Fill, Err(failure)) => {
                self.last_error = failure.to_string();
                self.forget(lease.index());
                self.pool.fill_failed(lease, now);
            }
        }
    }

    /// Hands back what somebody was granted who cannot use it any more.
    pub(super) fn give_up(&mut self, taken: Taken, now: u64) {
        match taken {
            Taken::Lease(lease) => {
                if self.pool.release(lease, Fate::Keep, now) == Released::Close {
                    self.forget(lease.index());
                }
            }
            Taken::Check(lease) => self.pool.unchecked(lease, now),
            Taken::Create(lease) => self.pool.given_up(lease, now),
            Taken::Wait | Taken::Refused(_) => {}
        }
    }

    /// Nobody has the pool any more: it goes with its last thread.
    pub(super) fn leave(&mut self, reactor: &mut Reactor) {
        self.left = true;
        self.close(reactor);
    }

    /// The request ends: connections are closed by their threads, which it returns.
    pub(super) fn end(&mut self) -> Arc<Crew> {
        self.workers.clear();
        self.actor = None;
        Arc::clone(&self.crew)
    }

    pub(super) fn close(&mut self, reactor: &mut Reactor) {
        self.pool.close(clock::now());
        self.settle(reactor);
    }
}

impl Actor for Host {
    fn completed(&mut self, reactor: &mut Reactor, op: OpId, _: i32) {
        let found = self
            .pending
            .iter()
            .position(|pending| pending.op == Some(op));
        // Of one that was given up there is nothing left.
        if let Some(index) = found {
            let pending = self.pending.swap_remove(index);
            self.concluded(pending);
        }
        self.settle(reactor);
    }

    fn expired(&mut self, reactor: &mut Reactor) {
        let now = clock::now();
        let (late, rest) = std::mem::take(&mut self.pending)
            .into_iter()
            .partition(|pending| pending.deadline <= now);
        self.pending = rest;
        let late: Vec<Pending> = late;
        for pending in late {
            self.concluded(pending);
        }
        self.pool.tick(now);
        self.settle(reactor);
    }

    fn flush(&mut self, _: &mut Reactor) {}

    /// The threads are the parent's, and so is what they have locked: nothing of it is freed.
    fn forked(&mut self, reactor: &mut Reactor) {
        self.epoch += 1;
        for worker in std::mem::take(&mut self.workers).into_iter().flatten() {
            worker.abandon();
        }
        std::mem::forget(std::mem::take(&mut self.pending));
        let fresh = self.crew.renewed();
        let lost = std::mem::replace(&mut self.crew, fresh);
        lost.abandon();
        std::mem::forget(lost);
        self.pool = (self.make_pool)();
        if self.left {
            self.close(reactor);
        }
    }
}
