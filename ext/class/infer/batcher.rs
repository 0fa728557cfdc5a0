//! `Tusk\Infer\Batcher`.

use std::rc::Rc;

use super::super::arguments::{duration, seconds};
use super::super::{require_core, require_spawn};
use crate::exception::{self, Thrown};
use crate::infer::{self, Batching, Engine, Executor};
use crate::zend::call::Call;
use crate::zend::class::{Class, NativeClass, Visitor, method, raw_method};
use crate::zend::engine;
use crate::zend::value::Value;
use tusk_infer::batcher::Options;
use tusk_runtime::timer::of_seconds;

/// Turns requests that come one by one into batches. Coroutines call `infer()`, each with its
/// own inputs; the executor is called with those of several at once. The options are Triton's
/// (`dynamic_batching`), durations are seconds.
pub static CLASS: Class = Class {
    name: "Tusk\\Infer\\Batcher",
    interfaces: &[],
    native: true,
    methods: &[
        /// `$executor` is a callable that gets a list of inputs, each as `infer()` was given it,
        /// and returns a list of outputs (arrays) in their order; a Throwable among them fails
        /// only its item. A batch runs when `$maxBatch` items are there, or one of `$preferred`,
        /// or the oldest has waited for `$maxDelay`; with `$adaptive` earlier, when nothing more
        /// is likely to come. While `$instances` batches run the next is collected. Priorities
        /// run from 1, the most urgent, to `$priorities`. `$policies` are those of their queues:
        /// `[priority => ['action' => 'reject' or 'delay', 'timeout' => seconds,
        /// 'allowOverride' => bool, 'maxQueueSize' => number]]`, 0 for all others. Beyond
        /// `$maxItems` that wait or run, `infer()` throws. With `$preserveOrder` answers come in
        /// the order of their questions. With `$retrySingly` the items of a batch that failed
        /// run again, each alone. `$name` is that in `Runtime::metrics()`. Or `$executor` is a
        /// Session or a Remote, or a list of them with the same model on several devices or servers
        /// (each batch goes to the one with the least to do; `$instances` is then one for each unless
        /// given): `infer()` then takes and gives what its `run()` does, and tensors of
        /// several items are joined along their axis 0 or that in `$axes` (null: all items of a
        /// batch have the same). Inputs named in `$pad` may differ in other lengths and are
        /// filled up with its number, to the longest of the batch or the next of `$buckets`.
        raw_method!(
            "__construct(mixed $executor, int $maxBatch = 32, float $maxDelay = 0.005, array $preferred = [], bool $adaptive = false, ?int $instances = null, int $priorities = 1, int $defaultPriority = 1, array $policies = [], int $maxItems = 4096, bool $preserveOrder = false, bool $retrySingly = false, string $name = \"\", array $axes = [], array $pad = [], array $buckets = [])",
            construct
        ),
        /// Waits for the outputs of these inputs. `$priority` 0 is the default's. Throws what
        /// the executor threw for this item or its batch, TimeoutException after `$timeout`
        /// seconds (the item is taken out of the queue), or OverloadedException when the queue
        /// is full or the item waited longer than its policy allows. **Suspends.**
        method!(
            "infer(array $inputs, ?float $timeout = null, int $priority = 0): array",
            Batcher,
            infer
        ),
        /// What it has done: `queued` and `running` now; `items`, `done`, `failed`, `expired`,
        /// `rejected`, `cancelled`, `refused`, `batches` and `retried` so far; `sizes`, batches
        /// by their number of rows; `queue_seconds`, `queue_seconds_max` and `run_seconds`.
        method!("stats(): array", Batcher, stats),
        /// Takes no more items; those that wait run at once.
        method!("close(): void", Batcher, close),
    ],
};

/// The state behind the object.
pub struct Batcher(Rc<Batching>);

impl NativeClass for Batcher {
    fn visit(&self, visitor: &mut Visitor) {
        self.0.visit(visitor);
    }

    fn describe(&self) -> Option<String> {
        Some(self.0.describe())
    }
}

fn number(call: &Call, index: u32, default: u32) -> Result<u32, Thrown> {
    not_negative(index, call.long(index, false)?, default)
}

fn not_negative(index: u32, number: Option<i64>, default: u32) -> Result<u32, Thrown> {
    match number {
        None => Ok(default),
        Some(number) => u32::try_from(number)
            .map_err(|_| engine::argument_error(index, "must be a number that is not negative")),
    }
}

fn truth(call: &Call, index: u32) -> Result<bool, Thrown> {
    if call.given() > index {
        call.truth(index)
    } else {
        Ok(false)
    }
}

fn preferred(call: &Call, index: u32) -> Result<Vec<u32>, Thrown> {
    let sizes = call.array_value(index)?.entries().unwrap_or_default();
    let sizes = sizes.into_iter().map(|(_, size)| size.as_long());
    let sizes = sizes.map(|size| u32::try_from(size?).ok());
    let sizes: Option<Vec<u32>> = sizes.collect();
    sizes.ok_or_else(|| engine::argument_error(index, "must be a list of numbers"))
}

/// A Session, a Remote, or a list of them; empty for anything else.
fn engines(given: &Value) -> Vec<Engine> {
    let one = |value: &Value| {
        let session = infer::SESSION.get(value);
        let session = session.map(|session| Engine::Model(session.model.clone()));
        let remote = || infer::REMOTE.get(value);
        session.or_else(|| remote().map(|remote| Engine::Remote(Rc::clone(&remote.0))))
    };
    match given.entries() {
        Some(list) => {
            let engines: Option<Vec<Engine>> = list.iter().map(|(_, value)| one(value)).collect();
            engines.unwrap_or_default()
        }
        None => one(given).into_iter().collect(),
    }
}

fn construct(call: &Call) -> Result<(), Thrown> {
    call.expect(1, 16)?;
    let given = call.value(0);
    let engines = engines(&given);
    if engines.is_empty() {
        call.callable(0)?;
    }
    let array = |index| call.array_value(index);
    let gather = infer::read_gather(&array(13)?, &array(14)?, &array(15)?, 13)?;
    let base = Options::default();
    let max_delay = match call.double(2, false)? {
        None => base.max_delay,
        Some(_) => of_seconds(seconds(call, 2)?),
    };
    let (policy, policies) = infer::read_policies(&call.array_value(8)?, 8)?;
    let options = Options {
        max_batch: number(call, 1, base.max_batch)?,
        max_delay,
        preferred: preferred(call, 3)?,
        adaptive: truth(call, 4)?,
        instances: not_negative(5, call.long(5, true)?, engines.len().max(1) as u32)?,
        priorities: number(call, 6, base.priorities)?,
        default_priority: number(call, 7, base.default_priority)?,
        policy,
        policies,
        max_items: number(call, 9, base.max_items as u32)? as usize,
        preserve_order: truth(call, 10)?,
        retry_singly: truth(call, 11)?,
    };
    let name = call
        .bytes(12)?
        .map(String::from_utf8_lossy)
        .unwrap_or_default();
    require_core()?;
    let executor = match engines.is_empty() {
        true => Executor::callable(given),
        false => Executor::model(engines, gather),
    };
    let batching = Batching::new(executor, options, name.into_owned());
    call.construct(Batcher(
        batching.map_err(|error| exception::native(&error))?,
    ))
}

fn infer(batcher: &Batcher, call: &Call) -> Result<(), Thrown> {
    call.expect(1, 3)?;
    let inputs = call.array_value(0)?;
    let timeout = duration(call, 1)?;
    let priority = number(call, 2, 0)?;
    require_spawn()?;
    call.give(batcher.0.infer(inputs, timeout, priority)?);
    Ok(())
}

fn stats(batcher: &Batcher, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    call.give(infer::stats(&batcher.0));
    Ok(())
}

fn close(batcher: &Batcher, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    batcher.0.close();
    Ok(())
}
