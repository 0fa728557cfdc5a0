//! `Tusk\Device\Device`.

use tusk_device::device::{Place, Work};
use tusk_device::driver::Kind;

use super::super::arguments::duration;
use crate::device::{self, BUFFER, BufferObject, DEVICE, DeviceObject, throw};
use crate::exception::{self, Thrown};
use crate::zend::call::Call;
use crate::zend::class::{Class, method, raw_method, static_method};
use crate::zend::engine;
use crate::zend::value::{Array, Value};

/// Memory that something else than the processor computes on, and the host's as one of them.
/// Drivers are loaded when they are first asked for. A device belongs to the process that
/// opened it: in workerman, open it in onWorkerStart.
pub static CLASS: Class = Class {
    name: "Tusk\\Device\\Device",
    interfaces: &[],
    native: true,
    methods: &[
        /// Made by the static methods.
        raw_method!("__construct()", construct),
        /// What was found, by kind: `available`, `reason` (why not), and `devices` with
        /// `ordinal`, `name`, `free` and `total` bytes.
        static_method!("all(): array", all),
        /// This machine's memory.
        static_method!("host(): Tusk\\Device\\Device", host),
        /// An NVIDIA GPU. Throws UnsupportedException when there is no driver.
        static_method!("cuda(int $ordinal = 0): Tusk\\Device\\Device", cuda),
        /// A Huawei Ascend NPU.
        static_method!("ascend(int $ordinal = 0): Tusk\\Device\\Device", ascend),
        /// A Cambricon MLU.
        static_method!(
            "cambricon(int $ordinal = 0): Tusk\\Device\\Device",
            cambricon
        ),
        /// A buffer of so many bytes, whose contents are undefined. Beyond the quota it waits
        /// for room for `$timeout` seconds (null: for ever), then throws DeviceException.
        /// **Suspends.**
        method!(
            "allocate(int $bytes, ?float $timeout = 0.0): Tusk\\Device\\Buffer",
            DeviceObject,
            allocate
        ),
        /// The same in host memory that the device copies from and to without detours.
        /// **Suspends.**
        method!(
            "pinned(int $bytes, ?float $timeout = 0.0): Tusk\\Device\\Buffer",
            DeviceObject,
            pinned
        ),
        /// Sets the quota of this process: bytes in use and kept for reuse; null for none.
        method!("limit(?int $bytes): void", DeviceObject, limit),
        /// Gives what is kept for reuse back to the driver; how many bytes it was.
        method!("trim(): int", DeviceObject, trim),
        /// `buffers`, `used`, `cached`, `limit`, `allocations`, `reused`.
        method!("stats(): array", DeviceObject, stats),
        /// Waits until everything that was asked of it so far is done. **Suspends.**
        method!("synchronize(): void", DeviceObject, synchronize),
        /// host, cuda, ascend or cambricon.
        method!("kind(): string", DeviceObject, kind),
        /// Its number among those of its kind.
        method!("ordinal(): int", DeviceObject, ordinal),
    ],
};

fn construct(_: &Call) -> Result<(), Thrown> {
    Err(exception::misuse(
        "a Device is made by Device::host(), cuda(), ascend() or cambricon()",
    ))
}

fn all(call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    engine::settle_fork();
    call.give(device::all());
    Ok(())
}

fn give(call: &Call, kind: Kind) -> Result<(), Thrown> {
    call.expect(0, 1)?;
    engine::settle_fork();
    let ordinal = call.long(0, false)?.unwrap_or(0);
    let ordinal =
        u32::try_from(ordinal).map_err(|_| engine::argument_error(0, "must be zero or more"))?;
    let opened = device::open(kind, ordinal)?;
    call.give(DEVICE.make(DeviceObject(opened)));
    Ok(())
}

fn host(call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    give(call, Kind::Host)
}

fn cuda(call: &Call) -> Result<(), Thrown> {
    give(call, Kind::Cuda)
}

fn ascend(call: &Call) -> Result<(), Thrown> {
    give(call, Kind::Ascend)
}

fn cambricon(call: &Call) -> Result<(), Thrown> {
    give(call, Kind::Cambricon)
}

fn take(this: &DeviceObject, call: &Call, place: Place) -> Result<(), Thrown> {
    call.expect(1, 2)?;
    let bytes = usize::try_from(call.long(0, false)?.unwrap_or(0))
        .map_err(|_| engine::argument_error(0, "must be zero or more"))?;
    let timeout = if call.given() < 2 {
        Some(0.0)
    } else {
        duration(call, 1)?
    };
    let buffer = device::allocate(&this.0, place, bytes, timeout)?;
    call.give(BUFFER.make(BufferObject(buffer)));
    Ok(())
}

fn allocate(this: &DeviceObject, call: &Call) -> Result<(), Thrown> {
    take(this, call, Place::Device)
}

fn pinned(this: &DeviceObject, call: &Call) -> Result<(), Thrown> {
    take(this, call, Place::Pinned)
}

fn limit(this: &DeviceObject, call: &Call) -> Result<(), Thrown> {
    call.expect(1, 1)?;
    let limit = call
        .long(0, true)?
        .map(|limit| {
            usize::try_from(limit)
                .map_err(|_| engine::argument_error(0, "must be null or zero or more"))
        })
        .transpose()?;
    this.0.check().map_err(throw)?;
    this.0.set_limit(limit);
    Ok(())
}

fn trim(this: &DeviceObject, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    this.0.check().map_err(throw)?;
    call.give(Value::long(this.0.trim() as i64));
    Ok(())
}

fn stats(this: &DeviceObject, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    this.0.check().map_err(throw)?;
    let stats = this.0.stats();
    let mut array = Array::new();
    array
        .set("buffers", Value::long(stats.buffers as i64))
        .set("used", Value::long(stats.used as i64))
        .set("cached", Value::long(stats.cached as i64))
        .set(
            "limit",
            stats
                .limit
                .map_or(Value::NULL, |limit| Value::long(limit as i64)),
        )
        .set("allocations", Value::long(stats.allocations as i64))
        .set("reused", Value::long(stats.reused as i64));
    call.give(array.into());
    Ok(())
}

fn synchronize(this: &DeviceObject, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    device::run(&this.0, Work::Fence, "Device::synchronize()").map(drop)
}

fn kind(this: &DeviceObject, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    call.give(Value::string(this.0.kind().name()));
    Ok(())
}

fn ordinal(this: &DeviceObject, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    call.give(Value::long(i64::from(this.0.ordinal())));
    Ok(())
}
