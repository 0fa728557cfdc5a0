//! Scopes (`tusk_runtime::sync::Scope`) of PHP coroutines: starting members, waiting for the
//! end, and what comes of it.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use tusk_runtime::sync::{Admit, Scope, Stop};
use tusk_runtime::sys::clock;
use tusk_runtime::task::{Ends, TaskId};

use super::give_up::{self, Others};
use super::wait::{Ended, check_may_wait, deadline_in, wait, was_woken};
use crate::core;
use crate::exception::{self, Class, Thrown};
use crate::zend::call::{Call, Callable};
use crate::zend::entry::with_exception_aside;
use crate::zend::value::{Array, Value};
use crate::zend::worker::{CoroutineRef, Held, Worker};

/// A scope with what the extension keeps beside it. Shared by its object and its members.
pub struct Nursery {
    scope: RefCell<Scope<Held>>,
    /// The coroutine that runs the function of `Scope::run()`.
    body: Cell<TaskId>,
    /// `run()` waits for it, and closes it; else its object does.
    is_run: Cell<bool>,
    /// Its group may be another's by now.
    closed: Cell<bool>,
    /// Members that failed after the first, at most [`FURTHER_FAILURES`]; beyond them each is
    /// reported by itself.
    further: RefCell<Vec<Held>>,
}

/// Failures that are kept beside the first: enough to see what went wrong together.
const FURTHER_FAILURES: usize = 16;

/// Whether a member may be started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Ready,
    Stopped,
}

impl Nursery {
    /// A scope inside that of the running coroutine.
    pub fn open(limit: Option<usize>, timeout: Option<f64>) -> Rc<Nursery> {
        let deadline = deadline_in(timeout);
        let scope = core::with(|core| {
            let scheduler = &mut core.reactor.scheduler;
            let outer = scheduler.group_of(Worker::current().task());
            Scope::open(scheduler, outer, limit, deadline)
        });
        Rc::new(Nursery {
            scope: RefCell::new(scope),
            body: Cell::new(TaskId::NONE),
            is_run: Cell::new(false),
            closed: Cell::new(false),
            further: RefCell::new(Vec::new()),
        })
    }

    /// Where members are spawned.
    pub fn group(&self) -> u32 {
        self.scope.borrow().group().number()
    }

    /// A scope of the process that this one was forked from cannot be used.
    pub fn check(&self) -> Result<(), Thrown> {
        let group = self.scope.borrow().group();
        if core::with(|core| core.reactor.scheduler.knows_group(group)) {
            return Ok(());
        }
        Err(exception::misuse(
            "the scope was opened before the fork: its coroutines are the parent's; open one in the child",
        ))
    }

    /// Starts a member by `spawn`, when there is a place.
    pub fn start(
        self: &Rc<Nursery>,
        spawn: impl FnOnce(u32) -> Option<Held>,
    ) -> Result<Held, Thrown> {
        self.check()?;
        match self.place()? {
            Ok(Place::Ready) => self.spawn_placed(spawn),
            Ok(Place::Stopped) => Err(exception::throw(
                Class::Cancelled,
                "the scope has stopped (cancelled, failed, past its deadline or over): nothing is started in it",
            )),
            Err(ended) => Err(ended.throw("Scope::go()")),
        }
    }

    fn spawn_placed(
        self: &Rc<Nursery>,
        spawn: impl FnOnce(u32) -> Option<Held>,
    ) -> Result<Held, Thrown> {
        match spawn(self.group()) {
            Some(held) => {
                held.get().set_scope(self.clone());
                Ok(held)
            }
            None => {
                self.with_scope(|scope, core| {
                    scope.ended(&mut core.reactor.scheduler, clock::now(), None)
                });
                Err(Thrown)
            }
        }
    }

    fn with_scope<R>(&self, f: impl FnOnce(&mut Scope<Held>, &mut core::Core) -> R) -> R {
        core::with(|core| f(&mut self.scope.borrow_mut(), core))
    }

    /// Waits for a place. The outer error: it may not wait here.
    fn place(&self) -> Result<Result<Place, Ended>, Thrown> {
        if self.closed.get() {
            return Ok(Ok(Place::Stopped));
        }
        match self.with_scope(|scope, core| scope.admit(&core.reactor.scheduler)) {
            Admit::Admitted => return Ok(Ok(Place::Ready)),
            Admit::Stopped => return Ok(Ok(Place::Stopped)),
            Admit::Full => {}
        }
        check_may_wait("Scope::go()")?;
        let mut registered = false;
        let ended = wait(Ends::OnCancel, None, |core, waiter| {
            self.scope
                .borrow_mut()
                .wait_for_place(&core.reactor.scheduler, waiter);
            registered = true;
            true
        });
        let granted = registered && was_woken();
        let stopped = self.stopped().is_some();
        if ended.is_ok() && !stopped {
            return Ok(Ok(Place::Ready));
        }
        if registered {
            self.with_scope(|scope, core| scope.withdraw(&mut core.reactor.scheduler, granted));
        }
        Ok(ended.map(|()| Place::Stopped))
    }

    fn stopped(&self) -> Option<Stop> {
        self.with_scope(|scope, core| scope.stopped(&core.reactor.scheduler))
    }

    /// Was it asked to stop?
    pub fn is_stopped(&self) -> bool {
        self.closed.get() || self.stopped().is_some()
    }

    /// Coroutines inside.
    pub fn len(&self) -> usize {
        if self.closed.get() {
            return 0;
        }
        self.with_scope(|scope, core| scope.len(&core.reactor.scheduler))
    }

    /// Asks all to stop.
    pub fn cancel(&self) {
        if self.closed.get() {
            return;
        }
        self.with_scope(|scope, core| scope.cancel(&mut core.reactor.scheduler, clock::now()));
    }

    /// Is the running coroutine inside?
    fn is_around(&self) -> bool {
        self.with_scope(|scope, core| {
            let scheduler = &core.reactor.scheduler;
            let own = scheduler.group_of(Worker::current().task());
            scheduler.is_inside(own, scope.group())
        })
    }

    /// Waits until nobody is inside. A deadline leaves the scope as it is; a cancel of who
    /// waits stops it, and all have ended when this returns.
    fn wait_for_all(&self, deadline: Option<u64>) -> Result<(), Ended> {
        let others = Others::Group(self.scope.borrow().group());
        while self.len() > 0 {
            let ended = others.wait(Ends::OnCancel, deadline);
            match ended {
                Ok(()) => {}
                Err(Ended::Deadline) if self.len() == 0 => {}
                Err(Ended::Deadline) => return ended,
                Err(_) => {
                    others.end();
                    return ended;
                }
            }
        }
        Ok(())
    }

    /// `Scope::join()`.
    pub fn join(&self, timeout: Option<f64>) -> Result<(), Thrown> {
        if self.closed.get() {
            return Ok(());
        }
        self.check()?;
        if self.is_around() {
            return Err(exception::misuse(
                "a coroutine cannot wait for the scope it runs in: it would wait for its own end for ever",
            ));
        }
        if self.len() > 0 {
            check_may_wait("Scope::join()")?;
            self.wait_for_all(deadline_in(timeout))
                .map_err(|ended| ended.throw("Scope::join()"))?;
        }
        self.verdict("Scope")
    }

    /// All have ended: the first failure is thrown, or that the deadline came.
    fn verdict(&self, what: &str) -> Result<(), Thrown> {
        let failure = self.scope.borrow_mut().take_failure();
        if let Some(failed) = failure {
            let result = failed.get().result();
            for other in self.further.take() {
                other.get().append_failure();
                other.release();
            }
            failed.release();
            return result.map(drop);
        }
        match self.stopped() {
            Some(Stop::Expired) => Err(exception::throw(
                Class::Timeout,
                &format!("{what} reached its deadline; what was still running has been cancelled"),
            )),
            _ => Ok(()),
        }
    }

    /// `Scope::run()`: `spawn` starts the function that gets the scope.
    pub fn run(
        self: &Rc<Nursery>,
        spawn: impl FnOnce(u32) -> Option<Held>,
    ) -> Result<Value, Thrown> {
        self.is_run.set(true);
        check_may_wait("Scope::run()")?;
        let Some(held) = spawn(self.group()) else {
            self.finish();
            return Err(Thrown);
        };
        let body = held.get();
        self.body.set(body.task());
        body.set_scope(self.clone());
        let ended = self.wait_for_all(None);
        let was_cancelled = self.stopped() == Some(Stop::Cancelled);
        let result = match ended {
            Err(ended) => Err(give_up::exception(body, ended, "Scope::run()")),
            Ok(()) => match self.verdict("Scope::run()") {
                Err(thrown) => Err(thrown),
                // Its own cancel() is a way to end, not a failure.
                Ok(()) if was_cancelled && body.was_cancelled() => Ok(Value::NULL),
                Ok(()) => body.result(),
            },
        };
        self.finish();
        held.release();
        result
    }

    /// The object goes: what is still inside is asked to stop.
    pub fn object_gone(&self) {
        if !self.is_run.get() && core::is_up() {
            self.finish();
        }
    }

    /// Nothing more is started in it; what is still inside is asked to stop, and a failure
    /// that nobody has seen is reported.
    fn finish(&self) {
        if self.closed.replace(true) {
            return;
        }
        self.with_scope(|scope, core| scope.close(&mut core.reactor.scheduler, clock::now()));
        let failure = self.scope.borrow_mut().take_failure();
        if let Some(failed) = failure {
            failed.release();
        }
        for other in self.further.take() {
            other.release();
        }
    }

    /// A failure that is not the first is thrown with it.
    fn keep_further(&self, held: Held) {
        let mut further = self.further.borrow_mut();
        if further.len() < FURTHER_FAILURES && held.get().failed_by_itself() {
            further.push(held);
        } else {
            drop(further);
            held.release();
        }
    }
}

/// A member has ended. Its failure may be the first: then the others are asked to stop.
pub fn member_ended(nursery: &Rc<Nursery>, coroutine: CoroutineRef) {
    if nursery.closed.get() {
        return;
    }
    let failure = coroutine.failed().then(|| coroutine.hold());
    let is_body = nursery.body.get() == coroutine.task();
    let later = nursery.with_scope(|scope, core| {
        let scheduler = &mut core.reactor.scheduler;
        if is_body {
            scope.failed_with(scheduler, clock::now(), failure)
        } else {
            scope.ended(scheduler, clock::now(), failure)
        }
    });
    if let Some(held) = later {
        nursery.keep_further(held);
    }
}

/// `Tusk\parallel()`: calls all, `limit` at a time, and gives their results by their keys. The
/// first failure stops the others, and is thrown when all have ended.
pub fn parallel(
    callables: &[(Value, Value)],
    limit: Option<usize>,
    timeout: Option<f64>,
) -> Result<Value, Thrown> {
    check_may_wait("Tusk\\parallel()")?;
    let nursery = Nursery::open(limit, timeout);
    let mut members = Vec::with_capacity(callables.len());
    let started = start_all(&nursery, callables, &mut members);
    if started.is_err() {
        nursery.cancel();
    }
    // What could not be started has thrown, and the others' finally blocks are not to see it.
    let waited = with_exception_aside(|| nursery.wait_for_all(None));
    let ended = match (started, waited) {
        (Ok(()), ended) => ended.map_err(Some),
        (Err(ended), _) => Err(ended),
    };
    let result = match ended {
        Err(Some(ended)) => Err(ended.throw("Tusk\\parallel()")),
        Err(None) => Err(Thrown),
        Ok(()) => nursery.verdict("Tusk\\parallel()").and_then(|()| {
            let mut results = Array::new();
            for ((key, _), member) in callables.iter().zip(&members) {
                let member: &Held = member;
                results.set_key(key, member.get().result()?);
            }
            Ok(results.into())
        }),
    };
    nursery.finish();
    for member in members {
        member.release();
    }
    result
}

/// Starts members until the scope stops. `Err(None)`: an exception is set.
fn start_all(
    nursery: &Rc<Nursery>,
    callables: &[(Value, Value)],
    members: &mut Vec<Held>,
) -> Result<(), Option<Ended>> {
    for (_, callable) in callables {
        match nursery.place() {
            Ok(Ok(Place::Ready)) => {}
            Ok(Ok(Place::Stopped)) => return Ok(()),
            Ok(Err(ended)) => return Err(Some(ended)),
            Err(Thrown) => return Err(None),
        }
        let spawn = |group| Call::spawn_with(&Callable::from_value(callable)?, &[], group);
        members.push(nursery.spawn_placed(spawn).map_err(|Thrown| None)?);
    }
    Ok(())
}
