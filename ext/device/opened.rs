//! Drivers and devices that this process has opened.
//!
//! Invariant: what a process forked with is its parent's: it is neither used nor dropped in
//! the child, because a thread of the parent may have held a lock of it.

use std::sync::Arc;

use tusk_device::device::Device;
use tusk_device::driver::{Driver, Kind};
use tusk_device::registry::{self, From};
use tusk_runtime::error::{Error, Kind as Failure};

use super::throw;
use crate::exception::Thrown;
use crate::zend::global::PhpThread;
use crate::zend::value::{Array, Value};

struct Opened {
    process: u32,
    drivers: Vec<(Kind, Arc<dyn Driver>)>,
    devices: Vec<Device>,
    /// Kinds that the parent had opened.
    of_parent: Vec<Kind>,
    /// Closed with their request; buffers of them may still be alive.
    left: Vec<Device>,
}

static OPENED: PhpThread<Opened> = PhpThread::new(Opened {
    process: 0,
    drivers: Vec::new(),
    devices: Vec::new(),
    of_parent: Vec::new(),
    left: Vec::new(),
});

fn with<R>(f: impl FnOnce(&mut Opened) -> R) -> R {
    OPENED.with(|opened| {
        let process = std::process::id();
        if opened.process != process {
            opened.process = process;
            std::mem::forget(std::mem::take(&mut opened.devices));
            std::mem::forget(std::mem::take(&mut opened.left));
            let drivers = std::mem::take(&mut opened.drivers);
            let kinds = drivers.iter().map(|(kind, _)| *kind);
            opened
                .of_parent
                .extend(kinds.filter(|&kind| kind != Kind::Host));
            std::mem::forget(drivers);
        }
        f(opened)
    })
}

fn driver(opened: &mut Opened, kind: Kind) -> Result<Arc<dyn Driver>, Error> {
    if opened.of_parent.contains(&kind) {
        return Err(Error::new(
            Failure::Misuse,
            "open a device",
            format!(
                "the {} driver was opened before this process forked, and does not survive that",
                kind.name()
            ),
        )
        .hint("open it in the child alone: in workerman, in onWorkerStart"));
    }
    if let Some((_, driver)) = opened.drivers.iter().find(|(other, _)| *other == kind) {
        return Ok(Arc::clone(driver));
    }
    // For tests, and for libraries that lie elsewhere.
    let named = std::env::var(format!("TUSK_{}_LIBRARY", kind.name().to_uppercase())).ok();
    let from = From {
        library: named.as_deref().filter(|path| !path.is_empty()),
        without: &[],
    };
    let driver = registry::open(kind, from)?;
    opened.drivers.push((kind, Arc::clone(&driver)));
    Ok(driver)
}

/// A device; the same one for every caller.
pub fn open(kind: Kind, ordinal: u32) -> Result<Device, Thrown> {
    with(|opened| {
        let known = opened
            .devices
            .iter()
            .find(|device| device.kind() == kind && device.ordinal() == ordinal);
        if let Some(device) = known {
            return Ok(device.clone());
        }
        let device = Device::new(driver(opened, kind)?, ordinal)?;
        opened.devices.push(device.clone());
        Ok(device)
    })
    .map_err(throw)
}

/// What was found, and why not the rest.
pub fn all() -> Value {
    let mut all = Array::new();
    for kind in Kind::ALL {
        let mut found = Array::new();
        match with(|opened| driver(opened, kind)).and_then(|driver| describe(&*driver)) {
            Ok(devices) => found
                .set("available", Value::bool(true))
                .set("reason", Value::NULL)
                .set("devices", devices),
            Err(error) => found
                .set("available", Value::bool(false))
                .set("reason", Value::string(&error.to_string()))
                .set("devices", Array::new().into()),
        };
        all.set(kind.name(), found.into());
    }
    all.into()
}

fn describe(driver: &dyn Driver) -> Result<Value, Error> {
    let mut list = Array::new();
    for ordinal in 0..driver.count()? {
        let (free, total) = driver.memory(ordinal)?;
        let mut device = Array::new();
        device
            .set("ordinal", Value::long(i64::from(ordinal)))
            .set("name", Value::string(&driver.name(ordinal)?))
            .set("free", Value::long(free as i64))
            .set("total", Value::long(total as i64));
        list.push(device.into());
    }
    Ok(list.into())
}

/// The request ends: threads end, and what is kept for reuse goes back.
pub fn close_all() {
    let devices = with(|opened| std::mem::take(&mut opened.devices));
    devices.iter().for_each(Device::close);
    with(|opened| {
        opened.left.extend(devices);
        opened.drivers.clear();
    });
}

/// The process ends, and PHP has freed its objects: what is left was lost by us, or by an
/// object that was never freed.
pub fn report_left() {
    for device in with(|opened| std::mem::take(&mut opened.left)) {
        let stats = device.stats();
        if stats.buffers > 0 {
            eprintln!(
                "Tusk: {}: {} buffers with {} bytes were never freed",
                device.label(),
                stats.buffers,
                stats.used
            );
        }
    }
}
