//! `Tusk\ChannelIterator`: one loop over a channel.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::coroutine::Pipe;
use crate::exception::{self, Thrown};
use crate::zend::call::Call;
use crate::zend::class::{Class, Interface, NativeClass, Visitor, method, raw_method};
use crate::zend::kind::Kind;
use crate::zend::value::Value;

/// One loop over a channel: it takes values until the channel is closed and empty. Several
/// loops over one channel share its values; each counts its own.
pub static CLASS: Class = Class {
    name: "Tusk\\ChannelIterator",
    interfaces: &[Interface::Iterator],
    native: true,
    methods: &[
        /// Made by `foreach` and `Channel::getIterator()`.
        raw_method!("__construct()", construct),
        /// The value that was taken last.
        method!("current(): mixed", ChannelIterator, current),
        /// How many values this loop has taken before it.
        method!("key(): int", ChannelIterator, key),
        /// Takes the next value. **Suspends.**
        method!("next(): void", ChannelIterator, next),
        /// Takes the first value. **Suspends.**
        method!("rewind(): void", ChannelIterator, rewind),
        /// Is there a current value?
        method!("valid(): bool", ChannelIterator, valid),
    ],
};

/// The class as registered.
pub static KIND: Kind<ChannelIterator> = Kind::new();

/// The state behind the object.
pub struct ChannelIterator {
    pipe: Rc<Pipe>,
    taken: RefCell<Option<Value>>,
    position: Cell<i64>,
}

impl NativeClass for ChannelIterator {
    /// What is inside the channel is the channel's to visit.
    fn visit(&self, visitor: &mut Visitor) {
        if let Some(value) = &*self.taken.borrow() {
            visitor.value(value);
        }
    }

    fn describe(&self) -> Option<String> {
        Some(self.pipe.describe())
    }
}

/// A loop over this channel.
pub fn over(pipe: Rc<Pipe>) -> Value {
    let iterator = ChannelIterator {
        pipe,
        taken: RefCell::new(None),
        position: Cell::new(0),
    };
    KIND.make(iterator)
}

fn construct(_: &Call) -> Result<(), Thrown> {
    Err(exception::misuse(
        "a ChannelIterator is made by foreach over a channel, or by its getIterator()",
    ))
}

fn advance(iterator: &ChannelIterator) -> Result<(), Thrown> {
    let value = iterator.pipe.receive(None)?;
    let previous = iterator.taken.replace(value);
    drop(previous);
    Ok(())
}

fn current(iterator: &ChannelIterator, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    if let Some(value) = iterator.taken.borrow().as_ref() {
        call.give(value.clone());
    }
    Ok(())
}

fn key(iterator: &ChannelIterator, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    call.give(Value::long(iterator.position.get()));
    Ok(())
}

fn next(iterator: &ChannelIterator, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    iterator.position.set(iterator.position.get() + 1);
    advance(iterator)
}

fn rewind(iterator: &ChannelIterator, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    iterator.position.set(0);
    advance(iterator)
}

fn valid(iterator: &ChannelIterator, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    call.give(Value::bool(iterator.taken.borrow().is_some()));
    Ok(())
}
