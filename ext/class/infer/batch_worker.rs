//! `Tusk\Infer\BatchWorker`: what the coroutines call that run a Batcher's batches.

use crate::exception::{self, Thrown};
use crate::infer::WorkerObject;
use crate::zend::call::Call;
use crate::zend::class::{Class, method, raw_method};

/// Runs a Batcher's batches, in a coroutine that the Batcher starts; it ends when nothing is
/// left to run. It is seen in dumps, and made by nobody else.
pub static CLASS: Class = Class {
    name: "Tusk\\Infer\\BatchWorker",
    interfaces: &[],
    native: true,
    methods: &[
        /// Made by a Batcher.
        raw_method!("__construct()", construct),
        /// Runs batches until nothing is left. **Suspends.**
        method!("__invoke(): void", WorkerObject, invoke),
    ],
};

fn construct(_: &Call) -> Result<(), Thrown> {
    Err(exception::misuse(
        "a BatchWorker is made by a Tusk\\Infer\\Batcher when it has something to run",
    ))
}

fn invoke(worker: &WorkerObject, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    worker.run()
}
