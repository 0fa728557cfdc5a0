//! `Tusk\Context`.
//!
//! The values live beside the coroutine (ext/zend/context.c); an object of this class is a
//! copy of them that somebody keeps, to call something with it later.

use crate::exception::Thrown;
use crate::zend::call::{Call, Callable};
use crate::zend::class::{Class, NativeClass, Visitor, method, raw_method, static_method};
use crate::zend::context;
use crate::zend::kind::Kind;
use crate::zend::value::Value;

/// Values of a coroutine, by name: who is logged in, the request, the trace it belongs to.
/// A coroutine that is spawned starts with its spawner's values; what either changes later
/// the other does not see. They are given up when the coroutine has ended, after what it
/// deferred and before who joins it goes on, in the order in which they were set; those of
/// the main script after everything else has ended. A callback of the event loop starts
/// with none. An object is a copy of the values at one moment.
pub static CLASS: Class = Class {
    name: "Tusk\\Context",
    interfaces: &[],
    native: true,
    methods: &[
        /// An empty context, or one with `$values`, to call something with.
        raw_method!("__construct(array $values = [])", construct),
        /// The value of `$name`, or `$default` when there is none.
        static_method!("get(string $name, mixed $default = null): mixed", get),
        /// Sets a value, for this coroutine and those it spawns from now on.
        static_method!("set(string $name, mixed $value): void", set),
        /// Is there a value, be it null?
        static_method!("has(string $name): bool", has),
        /// Forgets a value.
        static_method!("delete(string $name): void", delete),
        /// All values by their name.
        static_method!("all(): array", all),
        /// Puts `$values` in the place of all that is set.
        static_method!("replace(array $values): void", replace),
        /// Calls `$callable` with `$values` put over what is set; what is changed inside is
        /// forgotten when it returns.
        static_method!("with(array $values, callable $callable): mixed", with),
        /// A copy of what is set now, to take along to a callback.
        static_method!("current(): Tusk\\Context", current),
        /// Calls `$callable` with these values in the place of the caller's.
        method!("run(callable $callable): mixed", Context, run),
        /// These values by their name.
        method!("values(): array", Context, values),
    ],
};

/// The class as registered.
pub static KIND: Kind<Context> = Kind::new();

/// The state behind the object: an array that never changes.
pub struct Context(Value);

impl NativeClass for Context {
    fn visit(&self, visitor: &mut Visitor) {
        visitor.value(&self.0);
    }
}

fn construct(call: &Call) -> Result<(), Thrown> {
    call.expect(0, 1)?;
    super::require_core()?;
    let values = match call.array_value(0)? {
        given if given.is_null() => Value::list([]),
        given => given,
    };
    call.construct(Context(values))
}

fn get(call: &Call) -> Result<(), Thrown> {
    call.expect(1, 2)?;
    super::require_core()?;
    let found = context::find(&call.name(0)?);
    call.give(found.unwrap_or_else(|| call.value(1)));
    Ok(())
}

fn set(call: &Call) -> Result<(), Thrown> {
    call.expect(2, 2)?;
    super::require_core()?;
    context::set(&call.name(0)?, &call.value(1));
    Ok(())
}

fn has(call: &Call) -> Result<(), Thrown> {
    call.expect(1, 1)?;
    super::require_core()?;
    call.give(Value::bool(context::find(&call.name(0)?).is_some()));
    Ok(())
}

fn delete(call: &Call) -> Result<(), Thrown> {
    call.expect(1, 1)?;
    super::require_core()?;
    context::delete(&call.name(0)?);
    Ok(())
}

fn all(call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    super::require_core()?;
    call.give(context::all());
    Ok(())
}

fn replace(call: &Call) -> Result<(), Thrown> {
    call.expect(1, 1)?;
    super::require_core()?;
    drop(context::swap(call.array_value(0)?));
    Ok(())
}

fn with(call: &Call) -> Result<(), Thrown> {
    call.expect(2, 2)?;
    super::require_core()?;
    let more = call.array_value(0)?;
    let mut callable = call.callable(1)?;
    call.give(call_with(context::merged(&more), &mut callable)?);
    Ok(())
}

fn current(call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    super::require_core()?;
    call.give(KIND.make(Context(context::all())));
    Ok(())
}

fn run(this: &Context, call: &Call) -> Result<(), Thrown> {
    call.expect(1, 1)?;
    let mut callable = call.callable(0)?;
    call.give(call_with(this.0.clone(), &mut callable)?);
    Ok(())
}

fn values(this: &Context, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    call.give(this.0.clone());
    Ok(())
}

/// Calls with `values` as the context. The job stays on its worker whatever it waits for, so
/// the former values come back to where they were.
fn call_with(values: Value, callable: &mut Callable) -> Result<Value, Thrown> {
    let former = context::swap(values);
    let result = callable.call();
    drop(context::swap(former));
    result
}
