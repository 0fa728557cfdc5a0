//! `Tusk\Channel`.

use std::cell::{Cell, RefCell};

use super::arguments::duration;
use crate::core;
use crate::coroutine::{self, Ended, check_may_wait, deadline_in};
use crate::exception::{self, Thrown};
use crate::zend::call::Call;
use crate::zend::class::{Class, Interface, NativeClass, Visitor, method, raw_method};
use crate::zend::engine;
use crate::zend::value::Value;
use tusk_runtime::sync::{self, Receive, Send};
use tusk_runtime::task::Ends;

/// A first in, first out queue between coroutines. With capacity 0, `send()` waits until a
/// receiver has taken the value's place. No value is lost, doubled or reordered when a
/// sender or receiver is cancelled or times out.
pub static CLASS: Class = Class {
    name: "Tusk\\Channel",
    interfaces: &[Interface::Iterator, Interface::Countable],
    native: true,
    methods: &[
        /// A channel with room for `$capacity` values.
        raw_method!("__construct(int $capacity = 0)", construct),
        /// Gives a value; waits for room. Throws TimeoutException, or MisuseError when the
        /// channel is closed. **Suspends.**
        method!(
            "send(mixed $value, ?float $timeout = null): void",
            Channel,
            send
        ),
        /// Takes the oldest value; waits for one. Throws TimeoutException, or MisuseError when
        /// the channel is closed and empty. **Suspends.**
        method!("receive(?float $timeout = null): mixed", Channel, receive),
        /// No more values: waiting senders get a MisuseError, receivers take what is left.
        method!("close(): void", Channel, close),
        /// Was it closed?
        method!("isClosed(): bool", Channel, is_closed),
        /// Values inside.
        method!("count(): int", Channel, count),
        /// Coroutines that wait to send.
        method!("sendersWaiting(): int", Channel, senders_waiting),
        /// Coroutines that wait to receive, those included that a value inside is meant for.
        method!("receiversWaiting(): int", Channel, receivers_waiting),
        /// Iteration takes values until the channel is closed and empty. **Suspends.**
        method!("current(): mixed", Channel, current),
        /// How many values this iteration has taken before the current one.
        method!("key(): int", Channel, key),
        /// Takes the next value. **Suspends.**
        method!("next(): void", Channel, next),
        /// Starts an iteration: takes a value. **Suspends.**
        method!("rewind(): void", Channel, rewind),
        /// Is there a current value?
        method!("valid(): bool", Channel, valid),
    ],
};

/// The state behind the object. Borrows last one call of the native channel.
pub struct Channel {
    queue: RefCell<sync::Channel<Value>>,
    /// Iteration: the value taken last and its number.
    taken: RefCell<Option<Value>>,
    position: Cell<i64>,
}

impl NativeClass for Channel {
    fn visit(&self, visitor: &mut Visitor) {
        self.queue
            .borrow()
            .iter()
            .for_each(|value| visitor.value(value));
        if let Some(value) = &*self.taken.borrow() {
            visitor.value(value);
        }
    }
}

fn construct(call: &Call) -> Result<(), Thrown> {
    call.expect(0, 1)?;
    let capacity = call.long(0, false)?.unwrap_or(0);
    let Ok(capacity) = usize::try_from(capacity) else {
        return Err(engine::argument_error(0, "must be zero or more"));
    };
    super::require_core()?;
    call.construct(Channel {
        queue: RefCell::new(sync::Channel::new(capacity)),
        taken: RefCell::new(None),
        position: Cell::new(0),
    })
}

fn send(channel: &Channel, call: &Call) -> Result<(), Thrown> {
    call.expect(1, 2)?;
    let deadline = deadline_in(duration(call, 1)?);
    let mut value = call.value(0);
    let mut invited = false;
    let mut place = None;
    loop {
        let sent = core::with(|core| {
            channel
                .queue
                .borrow_mut()
                .try_send(&mut core.reactor.scheduler, value, invited)
        });
        value = match sent {
            Send::Sent => return Ok(()),
            Send::Closed(_) => {
                return Err(exception::misuse(
                    "the channel is closed: nothing can be sent to it any more",
                ));
            }
            Send::Full(value) => value,
        };
        check_may_wait("Channel::send()")?;
        let mut registered = false;
        let ended = coroutine::wait(Ends::OnCancel, deadline, |core, waiter| {
            let mut queue = channel.queue.borrow_mut();
            place = Some(queue.wait_to_send(&mut core.reactor.scheduler, waiter, place));
            registered = true;
            true
        });
        invited = registered && coroutine::was_woken();
        if let Err(ended) = ended {
            if invited {
                core::with(|core| {
                    channel
                        .queue
                        .borrow_mut()
                        .decline(&mut core.reactor.scheduler)
                });
            }
            return Err(ended.throw("Channel::send()"));
        }
    }
}

/// `None`: closed and empty.
fn take(channel: &Channel, timeout: Option<f64>) -> Result<Option<Value>, Thrown> {
    let deadline = deadline_in(timeout);
    let mut promised = false;
    loop {
        let received = core::with(|core| {
            channel
                .queue
                .borrow_mut()
                .try_receive(&mut core.reactor.scheduler, promised)
        });
        match received {
            Receive::Value(value) => return Ok(Some(value)),
            Receive::Closed => return Ok(None),
            Receive::Empty => {}
        }
        check_may_wait("Channel::receive()")?;
        let mut registered = false;
        let ended = coroutine::wait(Ends::OnCancel, deadline, |core, waiter| {
            channel
                .queue
                .borrow_mut()
                .wait_to_receive(&mut core.reactor.scheduler, waiter);
            registered = true;
            true
        });
        promised = registered && coroutine::was_woken();
        if let Err(ended) = ended {
            if registered {
                core::with(|core| {
                    channel
                        .queue
                        .borrow_mut()
                        .pass_on(&mut core.reactor.scheduler, promised);
                });
            }
            if ended == Ended::Deadline {
                // A sender may have counted on this receiver just before its deadline.
                let late = core::with(|core| {
                    channel
                        .queue
                        .borrow_mut()
                        .try_receive(&mut core.reactor.scheduler, false)
                });
                if let Receive::Value(value) = late {
                    return Ok(Some(value));
                }
            }
            return Err(ended.throw("Channel::receive()"));
        }
    }
}

fn receive(channel: &Channel, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 1)?;
    let timeout = duration(call, 0)?;
    match take(channel, timeout)? {
        Some(value) => {
            call.give(value);
            Ok(())
        }
        None => Err(exception::misuse(
            "the channel is closed and empty: iterate over it, or ask isClosed() and count() first",
        )),
    }
}

fn close(channel: &Channel, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    core::with(|core| {
        channel
            .queue
            .borrow_mut()
            .close(&mut core.reactor.scheduler)
    });
    Ok(())
}

fn is_closed(channel: &Channel, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    call.give(Value::bool(channel.queue.borrow().is_closed()));
    Ok(())
}

fn count(channel: &Channel, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    call.give(Value::long(channel.queue.borrow().len() as i64));
    Ok(())
}

fn senders_waiting(channel: &Channel, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    let count = core::with(|core| {
        let mut queue = channel.queue.borrow_mut();
        queue.senders_waiting(&core.reactor.scheduler)
    });
    call.give(Value::long(count as i64));
    Ok(())
}

fn receivers_waiting(channel: &Channel, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    let count = core::with(|core| {
        let mut queue = channel.queue.borrow_mut();
        queue.receivers_waiting(&core.reactor.scheduler)
    });
    call.give(Value::long(count as i64));
    Ok(())
}

fn advance(channel: &Channel) -> Result<(), Thrown> {
    let value = take(channel, None)?;
    let previous = channel.taken.replace(value);
    drop(previous);
    Ok(())
}

fn current(channel: &Channel, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    if let Some(value) = channel.taken.borrow().as_ref() {
        call.give(value.clone());
    }
    Ok(())
}

fn key(channel: &Channel, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    call.give(Value::long(channel.position.get()));
    Ok(())
}

fn next(channel: &Channel, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    channel.position.set(channel.position.get() + 1);
    advance(channel)
}

fn rewind(channel: &Channel, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    channel.position.set(0);
    advance(channel)
}

fn valid(channel: &Channel, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    call.give(Value::bool(channel.taken.borrow().is_some()));
    Ok(())
}
