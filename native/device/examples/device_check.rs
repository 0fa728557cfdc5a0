//! What a device's copies reach, against bare calls of its driver: `device_check cuda:0`.
//!
//! The bare calls are what a program in C would make: one stream, pinned memory, asynchronous
//! copies, an event at the end. Prints a line a figure; ends with 1 where a bound fails. On a
//! simulated driver (`TUSK_CUDA_LIBRARY`) the figures say nothing about a device.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tusk_device::device::{Buffer, Device, Place, Work};
use tusk_device::driver::{Copy, Direction, Driver, Kind};
use tusk_device::registry::{self, From};
use tusk_runtime::error::Error;

/// Copies of one measurement.
const COPIES: usize = 16;
const PATIENCE: Duration = Duration::from_secs(60);

fn main() -> ExitCode {
    let name = std::env::args().nth(1).unwrap_or_default();
    let (kind, ordinal) = name.split_once(':').unwrap_or((&name, "0"));
    let known = Kind::ALL.into_iter().find(|known| known.name() == kind);
    let (Some(kind), Ok(ordinal)) = (known, ordinal.parse()) else {
        eprintln!("usage: device_check cuda:0 | ascend:0 | cambricon:0 | host");
        return ExitCode::from(2);
    };
    match check(kind, ordinal) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn check(kind: Kind, ordinal: u32) -> Result<bool, Error> {
    let named = std::env::var(format!("TUSK_{}_LIBRARY", kind.name().to_uppercase())).ok();
    let from = From {
        library: named.as_deref(),
        without: &[],
    };
    let driver = registry::open(kind, from)?;
    let (free, total) = driver.memory(ordinal)?;
    println!("{}: {free} of {total} bytes free", driver.name(ordinal)?);
    // 256 MiB, where there is room for two of them.
    let length = (256 << 20).min(free as usize / 8);
    let device = Device::new(Arc::clone(&driver), ordinal)?;
    let mut holds = true;
    for (what, up) in [("up", true), ("down", false)] {
        let bare = best(|| bare(&*driver, ordinal, length, up))?;
        let own = best(|| own(&device, length, &[up]))?;
        let ratio = own / bare;
        holds &= kind == Kind::Host || named.is_some() || ratio >= 0.9;
        println!("{what}: {own:.2} GB/s, bare calls {bare:.2}, ratio {ratio:.3} (bound 0.9)");
    }
    let both = best(|| own(&device, length, &[true, false]))?;
    println!("up and down at the same time: {both:.2} GB/s together");
    device.close();
    Ok(holds)
}

/// The best of five, in GB a second.
fn best(mut measure: impl FnMut() -> Result<f64, Error>) -> Result<f64, Error> {
    let mut most = 0.0_f64;
    for _ in 0..5 {
        most = most.max(measure()?);
    }
    Ok(most)
}

fn rate(bytes: usize, began: Instant) -> f64 {
    bytes as f64 / began.elapsed().as_secs_f64() / 1e9
}

fn bare(driver: &dyn Driver, ordinal: u32, length: usize, up: bool) -> Result<f64, Error> {
    let (stream, event) = (driver.stream(ordinal)?, driver.event(ordinal)?);
    let memory = driver.allocate(ordinal, length)?;
    let pinned = driver.allocate_pinned(ordinal, length)?;
    let (to, from, direction) = match up {
        true => (memory, pinned, Direction::ToDevice),
        false => (pinned, memory, Direction::FromDevice),
    };
    let copy = Copy {
        to,
        from,
        length,
        direction,
    };
    let began = Instant::now();
    for _ in 0..COPIES {
        driver.copy(ordinal, stream, &copy)?;
    }
    driver.record(ordinal, event, stream)?;
    while !driver.is_done(ordinal, event)? {
        std::hint::spin_loop();
    }
    let rate = rate(COPIES * length, began);
    driver.destroy_event(ordinal, event)?;
    driver.destroy_stream(ordinal, stream)?;
    driver.free(ordinal, memory)?;
    driver.free_pinned(ordinal, pinned)?;
    Ok(rate)
}

fn own(device: &Device, length: usize, directions: &[bool]) -> Result<f64, Error> {
    let pairs = directions.iter().map(|&up| {
        let memory = device.allocate(Place::Device, length)?;
        Ok((memory, device.allocate(Place::Pinned, length)?, up))
    });
    let pairs = pairs.collect::<Result<Vec<(Buffer, Buffer, bool)>, Error>>()?;
    let began = Instant::now();
    let mut last = Vec::new();
    for round in 0..COPIES {
        for (memory, pinned, up) in &pairs {
            let (from, to) = if *up {
                (pinned, memory)
            } else {
                (memory, pinned)
            };
            let ticket = device.submit(Work::Copy(from.clone(), to.clone()))?;
            if round + 1 == COPIES {
                last.push(ticket);
            }
        }
    }
    for ticket in last {
        ticket.done.wait(PATIENCE).unwrap_or(Ok(None))?;
    }
    Ok(rate(COPIES * length * pairs.len(), began))
}
