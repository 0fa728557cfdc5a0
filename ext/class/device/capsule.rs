//! `Tusk\Device\Capsule`.

use crate::device::CapsuleObject;
use crate::exception::{self, Thrown};
use crate::zend::call::Call;
use crate::zend::class::{Class, method, raw_method};
use crate::zend::value::Value;

/// A tensor for a C library that speaks DLPack: a `DLManagedTensor` and its owner.
pub static CLASS: Class = Class {
    name: "Tusk\\Device\\Capsule",
    interfaces: &[],
    native: true,
    methods: &[
        /// Made by `Tensor::dlpack()`.
        raw_method!("__construct()", construct),
        /// The address of the `DLManagedTensor`, for a library that only looks at it. It is
        /// valid as long as this object lives.
        method!("pointer(): int", CapsuleObject, pointer),
        /// The same address for a library that takes it over, and calls its deleter: the
        /// tensor's bytes live until then. Once only.
        method!("take(): int", CapsuleObject, take),
    ],
};

fn construct(_: &Call) -> Result<(), Thrown> {
    Err(exception::misuse(
        "a Capsule is made by Tusk\\Device\\Tensor::dlpack()",
    ))
}

#[cold]
fn taken() -> Thrown {
    exception::misuse("the capsule was taken: make another with Tensor::dlpack()")
}

fn pointer(capsule: &CapsuleObject, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    let address = capsule.0.borrow().as_ref().map(|inner| inner.address());
    call.give(Value::long(address.ok_or_else(taken)? as i64));
    Ok(())
}

fn take(capsule: &CapsuleObject, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    let inner = capsule.0.borrow_mut().take().ok_or_else(taken)?;
    call.give(Value::long(inner.take() as i64));
    Ok(())
}
