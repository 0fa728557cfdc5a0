//! `Tusk\Channel`.

use std::rc::Rc;

use super::arguments::duration;
use crate::coroutine::{Pipe, PipeCase, refused};
use crate::exception::{self, Thrown};
use crate::zend::call::Call;
use crate::zend::class::{
    Class, Interface, NativeClass, Visitor, method, raw_method, static_method,
};
use crate::zend::engine;
use crate::zend::kind::Kind;
use crate::zend::value::Value;
use tusk_runtime::sync::Chosen;

/// A first in, first out queue between coroutines. With capacity 0, `send()` waits until a
/// receiver has come for the value. No value is lost, doubled or reordered when a sender or
/// receiver is cancelled or times out; what a `send()` that returned gave, somebody gets.
pub static CLASS: Class = Class {
    name: "Tusk\\Channel",
    interfaces: &[Interface::IteratorAggregate, Interface::Countable],
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
        /// Waits until one of several channels can go on, and does that one thing: a case is a
        /// channel, to receive, or `[channel, value]`, to send. Returns the case's key, the
        /// value that came (null for a send), and false instead of true when the channel is
        /// closed and empty. Of several that can go none is preferred. Throws
        /// TimeoutException, or MisuseError when a channel to send to is closed. **Suspends.**
        static_method!(
            "select(array $cases, ?float $timeout = null): array",
            select
        ),
        /// The same without waiting: null when no case can go now.
        static_method!("trySelect(array $cases): ?array", try_select),
        /// No more values: waiting senders get a MisuseError, receivers take what is left.
        method!("close(): void", Channel, close),
        /// Was it closed?
        method!("isClosed(): bool", Channel, is_closed),
        /// Values inside.
        method!("count(): int", Channel, count),
        /// Coroutines that wait to send.
        method!("sendersWaiting(): int", Channel, senders_waiting),
        /// Coroutines that wait to receive.
        method!("receiversWaiting(): int", Channel, receivers_waiting),
        /// Takes values until the channel is closed and empty. Each loop has its own keys.
        method!("getIterator(): Iterator", Channel, get_iterator),
    ],
};

/// The class as registered.
pub static KIND: Kind<Channel> = Kind::new();

/// The state behind the object, shared with its iterators.
pub struct Channel(Rc<Pipe>);

impl NativeClass for Channel {
    fn visit(&self, visitor: &mut Visitor) {
        self.0.visit(|value| visitor.value(value));
    }

    fn describe(&self) -> Option<String> {
        Some(self.0.describe())
    }
}

fn construct(call: &Call) -> Result<(), Thrown> {
    call.expect(0, 1)?;
    let capacity = call.long(0, false)?.unwrap_or(0);
    let Ok(capacity) = usize::try_from(capacity) else {
        return Err(engine::argument_error(0, "must be zero or more"));
    };
    super::require_core()?;
    call.construct(Channel(Rc::new(Pipe::new(capacity))))
}

fn send(channel: &Channel, call: &Call) -> Result<(), Thrown> {
    call.expect(1, 2)?;
    let timeout = duration(call, 1)?;
    channel.0.send(call.value(0), timeout)
}

fn receive(channel: &Channel, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 1)?;
    match channel.0.receive(duration(call, 0)?)? {
        Some(value) => {
            call.give(value);
            Ok(())
        }
        None => Err(exception::misuse(
            "the channel is closed and empty: iterate over it, or ask isClosed() and count() first",
        )),
    }
}

/// The channel of a case, and what it sends.
fn case(value: &Value) -> Option<(Value, Option<Value>)> {
    if let Some(parts) = value.entries() {
        let [(_, channel), (_, sent)] = <[_; 2]>::try_from(parts).ok()?;
        KIND.get(&channel)?;
        return Some((channel, Some(sent)));
    }
    KIND.get(value)?;
    Some((value.clone(), None))
}

fn choose(call: &Call, timeout: Option<f64>, may_wait: bool) -> Result<(), Thrown> {
    let mut keys = Vec::new();
    let mut held = Vec::new();
    for (key, value) in call.array_value(0)?.entries().unwrap_or_default() {
        let Some(case) = case(&value) else {
            return Err(engine::argument_type_error(
                0,
                "must hold channels, to receive, and [channel, value], to send",
            ));
        };
        keys.push(key);
        held.push(case);
    }
    let cases: Vec<PipeCase> = held
        .iter()
        .filter_map(|(channel, sent)| {
            let channel = KIND.get(channel)?;
            Some((&*channel.0, sent.clone()))
        })
        .collect();
    if cases.is_empty() {
        return Err(engine::argument_error(0, "must have a case"));
    }
    let Some(chosen) = Pipe::select(cases, timeout, may_wait)? else {
        return Ok(());
    };
    let (index, value, open) = match chosen {
        Chosen::Received(index, value) => (index, value, true),
        Chosen::Ended(index) => (index, Value::NULL, false),
        Chosen::Sent(index) => (index, Value::NULL, true),
        Chosen::Refused(..) => return Err(refused()),
    };
    call.give(Value::list([keys[index].clone(), value, Value::bool(open)]));
    Ok(())
}

fn select(call: &Call) -> Result<(), Thrown> {
    call.expect(1, 2)?;
    super::require_core()?;
    choose(call, duration(call, 1)?, true)
}

fn try_select(call: &Call) -> Result<(), Thrown> {
    call.expect(1, 1)?;
    super::require_core()?;
    choose(call, None, false)
}

fn close(channel: &Channel, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    channel.0.close();
    Ok(())
}

fn senders_waiting(channel: &Channel, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    call.give(Value::long(channel.0.waiting().0 as i64));
    Ok(())
}

fn receivers_waiting(channel: &Channel, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    call.give(Value::long(channel.0.waiting().1 as i64));
    Ok(())
}

fn is_closed(channel: &Channel, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    call.give(Value::bool(channel.0.is_closed()));
    Ok(())
}

fn count(channel: &Channel, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    call.give(Value::long(channel.0.len() as i64));
    Ok(())
}

fn get_iterator(channel: &Channel, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    call.give(super::channel_iterator(channel.0.clone()));
    Ok(())
}
