//! `Tusk\Pool\PostgresListener`.

use std::rc::Rc;

use crate::class::arguments::duration;
use crate::core;
use crate::coroutine::{self, check_may_wait, deadline_in};
use crate::exception::{self, Thrown};
use crate::postgres::Shared;
use crate::zend::call::Call;
use crate::zend::class::{Class, NativeClass, method, raw_method};
use crate::zend::kind::Kind;
use crate::zend::value::{Array, Value};
use tusk_postgres::pool::Subscription;
use tusk_runtime::task::Ends;

/// What is notified on one channel. All listeners of a pool share one connection, beside
/// those of `max`; each gets every notification of its channel.
pub static CLASS: Class = Class {
    name: "Tusk\\Pool\\PostgresListener",
    interfaces: &[],
    native: true,
    methods: &[
        /// Made by `listen()`.
        raw_method!("__construct()", construct),
        /// The next notification: `channel`, `payload`, `pid`; null after `close()`. Throws
        /// TimeoutException; ConnectionException once after the connection was lost, since
        /// notifications may have been, too: it is listened to again already. **Suspends.**
        method!(
            "receive(?float $timeout = null): ?array",
            PostgresListener,
            receive
        ),
        /// Notifications that came and were not received.
        method!("pending(): int", PostgresListener, pending),
        /// Ends it.
        method!("close(): void", PostgresListener, close),
    ],
};

/// Makes its objects.
pub static LISTENER: Kind<PostgresListener> = Kind::new();

/// The state behind the object.
pub struct PostgresListener {
    shared: Rc<Shared>,
    subscription: Rc<Subscription>,
}

impl NativeClass for PostgresListener {
    fn describe(&self) -> Option<String> {
        Some(format!("channel {}", self.subscription.channel))
    }
}

impl PostgresListener {
    /// Of a channel that is listened to.
    pub fn new(shared: Rc<Shared>, subscription: Rc<Subscription>) -> PostgresListener {
        PostgresListener {
            shared,
            subscription,
        }
    }

    fn end(&self) {
        let waiter = self.subscription.received.borrow_mut().waiter.take();
        self.shared.with(|pool, reactor| {
            pool.unlisten(reactor, &self.subscription);
            if let Some(waiter) = waiter {
                reactor
                    .scheduler
                    .wake(waiter, tusk_runtime::task::Wake::Done);
            }
        });
    }
}

impl Drop for PostgresListener {
    fn drop(&mut self) {
        if core::is_up() {
            self.end();
        }
    }
}

fn construct(_: &Call) -> Result<(), Thrown> {
    Err(exception::misuse("a PostgresListener is made by listen()"))
}

fn receive(this: &PostgresListener, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 1)?;
    let timeout = duration(call, 0)?;
    let deadline = deadline_in(timeout);
    loop {
        let (missed, next, closed) = {
            let mut received = this.subscription.received.borrow_mut();
            let missed = received.missed.take();
            let next = if missed.is_none() {
                received.queue.pop_front()
            } else {
                None
            };
            (missed, next, received.closed)
        };
        if let Some(error) = missed {
            return Err(exception::native(&error));
        }
        if let Some(notification) = next {
            let mut array = Array::new();
            array
                .set("channel", Value::string(&notification.channel))
                .set("payload", Value::string(&notification.payload))
                .set("pid", Value::long(notification.process.into()));
            call.give(array.into());
            return Ok(());
        }
        if closed {
            return Ok(());
        }
        if this.subscription.received.borrow().waiter.is_some() {
            return Err(exception::misuse(
                "another coroutine waits in receive() of this listener already: call listen() again, each gets all",
            ));
        }
        check_may_wait("PostgresListener::receive()")?;
        let ended = coroutine::wait(Ends::OnCancel, deadline, |core, waiter| {
            let mut pool = this.shared.pool_mut();
            pool.wait_notification(&mut core.reactor, &this.subscription, Some(waiter))
        });
        if let Err(ended) = ended {
            this.shared.with(|pool, reactor| {
                pool.wait_notification(reactor, &this.subscription, None);
            });
            let what = format!("receive() of channel {}", this.subscription.channel);
            return Err(ended.throw(&what));
        }
    }
}

fn pending(this: &PostgresListener, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    let pending = this.subscription.received.borrow().queue.len();
    call.give(Value::long(pending as i64));
    Ok(())
}

fn close(this: &PostgresListener, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    this.end();
    Ok(())
}
