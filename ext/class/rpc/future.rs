//! `Tusk\Rpc\Future`.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::class::arguments::duration;
use crate::coroutine::{Ended, check_may_wait, deadline_in};
use crate::exception::{self, Thrown};
use crate::rpc::{Shared, given_up};
use crate::zend::call::Call;
use crate::zend::class::{Class, NativeClass, method, raw_method};
use crate::zend::kind::Kind;
use crate::zend::value::Value;
use tusk_rpc::client::{Answer, CallId, Outcome};
use tusk_rpc::wire::Wire;

/// The answer to a call that was begun by `callAsync()`.
pub static CLASS: Class = Class {
    name: "Tusk\\Rpc\\Future",
    interfaces: &[],
    native: true,
    methods: &[
        /// Not this way: callAsync() makes Futures.
        raw_method!("__construct()", construct),
        /// Waits for the answer and returns it, or throws what `call()` would. May be called
        /// again, and returns the same; but only one coroutine can wait at a time. A
        /// TimeoutException of this `$timeout` leaves the call as it is. **Suspends.**
        method!(
            "await(?float $timeout = null, mixed $into = null): mixed",
            Future,
            wait
        ),
        /// Has the answer, or a failure, come?
        method!("isReady(): bool", Future, is_ready),
        /// Gives the call up: its answer is dropped when it comes. One that was not sent is not
        /// sent. Dropping the Future does the same.
        method!("cancel(): void", Future, cancel),
    ],
};

/// Makes its objects.
pub static FUTURE: Kind<Future> = Kind::new();

/// The value of an answer, or its failure thrown.
pub type Finish = fn(Answer, &Value, &dyn Fn() -> String) -> Result<Value, Thrown>;

/// The state behind the object.
pub struct Future {
    pending: Box<dyn Pending>,
    method: Vec<u8>,
    /// The call's own timeout, and when that is.
    timeout: Option<f64>,
    deadline: Option<u64>,
    outcome: RefCell<Option<Outcome>>,
    over: Cell<bool>,
    waited_for: Cell<bool>,
    finish: Finish,
}

impl NativeClass for Future {}

/// A call on a connection of any protocol.
trait Pending {
    fn wait(&self, deadline: Option<u64>) -> Result<(), Ended>;
    fn is_done(&self) -> bool;
    fn take(&self) -> Option<Outcome>;
    /// True: it was sent.
    fn abandon(&self) -> bool;
    fn address(&self) -> String;
}

struct On<W: Wire + 'static>(Rc<Shared<W>>, CallId);

impl<W: Wire + 'static> Pending for On<W> {
    fn wait(&self, deadline: Option<u64>) -> Result<(), Ended> {
        self.0.wait(self.1, deadline)
    }

    fn is_done(&self) -> bool {
        self.0.with(|connection, _| connection.is_done(self.1))
    }

    fn take(&self) -> Option<Outcome> {
        self.0
            .with(|connection, reactor| connection.take(reactor, self.1))
    }

    fn abandon(&self) -> bool {
        self.0
            .with(|connection, reactor| connection.abandon(reactor, self.1))
    }

    fn address(&self) -> String {
        self.0.address()
    }
}

impl Future {
    /// Of a call that was begun.
    pub fn new<W: Wire + 'static>(
        shared: Rc<Shared<W>>,
        id: CallId,
        method: Vec<u8>,
        timeout: Option<f64>,
        finish: Finish,
    ) -> Future {
        Future {
            pending: Box::new(On(shared, id)),
            method,
            timeout,
            deadline: deadline_in(timeout),
            outcome: RefCell::new(None),
            over: Cell::new(false),
            waited_for: Cell::new(false),
            finish,
        }
    }

    /// Fetches the outcome if it has come. True: it is here.
    fn fetch(&self) -> bool {
        if !self.over.get() {
            if let Some(outcome) = self.pending.take() {
                *self.outcome.borrow_mut() = Some(outcome);
                self.over.set(true);
            }
        }
        self.over.get()
    }

    fn give_up(&self) -> bool {
        !self.over.replace(true) && self.pending.abandon()
    }

    fn shows(&self) -> String {
        format!(
            "{} at {}",
            String::from_utf8_lossy(&self.method),
            self.pending.address()
        )
    }
}

impl Drop for Future {
    fn drop(&mut self) {
        if crate::core::is_up() {
            self.give_up();
        }
    }
}

fn construct(_: &Call) -> Result<(), Thrown> {
    Err(exception::misuse(
        "a Future is made by callAsync() of a client",
    ))
}

fn wait(future: &Future, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 2)?;
    let timeout = duration(call, 0)?;
    let shows = || future.shows();
    if !future.fetch() {
        check_may_wait("Future::await()")?;
        if future.waited_for.replace(true) {
            return Err(exception::misuse(
                "another coroutine waits for this Future already: give each its own, or pass the \
                 answer on by a Channel",
            ));
        }
        let own = deadline_in(timeout);
        let earlier = own.into_iter().chain(future.deadline).min();
        let ended = future.pending.wait(earlier);
        future.waited_for.set(false);
        match ended {
            Err(ended) if ended != Ended::Deadline => return Err(ended.throw(&shows())),
            _ if future.fetch() => {}
            Err(_)
                if future
                    .deadline
                    .is_none_or(|deadline| own.is_some_and(|own| own < deadline)) =>
            {
                // Whether it was sent is not asked: it may still be answered.
                return Err(given_up(ended, true, timeout, &shows));
            }
            ended => {
                let sent = future.give_up();
                return Err(given_up(ended, sent, future.timeout, &shows));
            }
        }
    }
    let answer = match &*future.outcome.borrow() {
        Some(Outcome::Answer(answer)) => answer.clone(),
        Some(Outcome::Failed(error)) => return Err(exception::native(error)),
        None => {
            return Err(exception::misuse(&format!(
                "the call of {} was given up: there is no answer to wait for",
                shows()
            )));
        }
    };
    call.give((future.finish)(answer, &call.value(1), &shows)?);
    Ok(())
}

fn is_ready(future: &Future, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    call.give(Value::bool(future.over.get() || future.pending.is_done()));
    Ok(())
}

fn cancel(future: &Future, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    future.give_up();
    Ok(())
}
