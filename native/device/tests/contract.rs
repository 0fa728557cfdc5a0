//! The contract of devices, held against host memory and three simulated drivers, and random
//! schedules on top of it. Each test runs for each driver in a process of its own where
//! cargo-nextest runs it; faults are settings of the simulated library, so under plain
//! `cargo test` the tests take turns.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tusk_device::device::{Buffer, Device, Place, Ticket, Work};
use tusk_device::driver::{Driver, Kind};
use tusk_device::registry::{self, From};
use tusk_device::storage::Storage;
use tusk_device::sys::library::Library;
use tusk_device::sys::memory::HostMemory;
use tusk_runtime::error::Kind as Failure;
use tusk_runtime::random::Random;

const PATIENCE: Duration = Duration::from_secs(60);

static TURN: Mutex<()> = Mutex::new(());

/// One driver, and the faults of its library.
struct Rig {
    driver: Arc<dyn Driver>,
    library: Option<Library>,
    _turn: MutexGuard<'static, ()>,
}

fn path(kind: Kind) -> PathBuf {
    let mut folder = std::env::current_exe().expect("path");
    folder.pop();
    folder.pop();
    let path = folder.join(format!("examples/libsimulated_{}.so", kind.name()));
    assert!(
        path.exists(),
        "{} is not built: cargo build -p tusk-device --examples (with the tests' profile)",
        path.display()
    );
    path
}

impl Rig {
    fn of(kind: Kind) -> Rig {
        Rig::without(kind, &[])
    }

    fn without(kind: Kind, without: &[&str]) -> Rig {
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let path = (kind != Kind::Host).then(|| path(kind).display().to_string());
        let library = path
            .as_deref()
            .map(|path| Library::open(&[path], &[]).expect("library"));
        let from = From {
            library: path.as_deref(),
            without,
        };
        let rig = Rig {
            driver: registry::open(kind, from).expect("driver"),
            library,
            _turn: turn,
        };
        rig.control(4, 0);
        rig.control(1, 0);
        rig.control(2, -1);
        rig.control(3, -1);
        rig
    }

    fn control(&self, what: i32, value: i64) -> i64 {
        self.library
            .as_ref()
            .map_or(0, |library| library.control(what, value))
    }

    fn device(&self, ordinal: u32) -> Device {
        Device::new(Arc::clone(&self.driver), ordinal).expect("device")
    }

    fn finish(&self, device: Device, live_before: i64) {
        let stats = device.stats();
        assert_eq!((stats.buffers, stats.used), (0, 0), "buffers are left");
        device.close();
        assert_eq!(
            self.control(11, 0),
            live_before,
            "the driver's memory is left"
        );
        assert_eq!(
            self.control(10, 0),
            0,
            "memory was touched that is not allocated"
        );
        assert_eq!(
            self.control(12, 0),
            0,
            "the driver was called from a callback"
        );
    }
}

fn each(test: fn(&Rig)) {
    for kind in Kind::ALL {
        test(&Rig::of(kind));
    }
}

fn done(ticket: &Ticket) -> Option<HostMemory> {
    ticket
        .done
        .wait(PATIENCE)
        .expect("in time")
        .expect("no failure")
}

fn bytes(length: usize, seed: u64) -> Vec<u8> {
    let mut random = Random::new(seed);
    (0..length).map(|_| random.number() as u8).collect()
}

fn upload(device: &Device, bytes: &[u8], to: &Buffer) -> Ticket {
    let storage = Storage::filled(bytes.len(), |to| to.copy_from_slice(bytes)).expect("memory");
    device
        .submit(Work::Upload(storage, 0..bytes.len(), to.clone()))
        .expect("room")
}

fn download(device: &Device, from: &Buffer) -> Vec<u8> {
    let into = HostMemory::new(from.len()).expect("memory");
    let ticket = device
        .submit(Work::Download(from.clone(), into))
        .expect("room");
    done(&ticket).expect("a download").bytes().to_vec()
}

#[test]
fn bytes_go_there_and_back_in_pieces_and_views() {
    each(|rig| {
        rig.control(1, 300);
        let before = rig.control(11, 0);
        let device = rig.device(0);
        for length in [0, 1, 4097, (1 << 20) + 1, 5 << 20] {
            let data = bytes(length, 3);
            let buffer = device.allocate(Place::Device, length).expect("memory");
            done(&upload(&device, &data, &buffer));
            assert!(
                download(&device, &buffer) == data,
                "{:?} {length}",
                device.kind()
            );
            let part = buffer.view(length / 3, length / 2).expect("inside");
            drop(buffer);
            assert!(download(&device, &part) == data[length / 3..length / 3 + length / 2]);
        }
        rig.finish(device, before);
    });
}

#[test]
fn work_is_done_in_the_order_of_asking() {
    each(|rig| {
        rig.control(1, 200);
        let before = rig.control(11, 0);
        let device = rig.device(0);
        let (a, b) = (
            device.allocate(Place::Device, 3 << 20).expect("memory"),
            device.allocate(Place::Device, 3 << 20).expect("memory"),
        );
        let pinned = device.allocate(Place::Pinned, 3 << 20).expect("memory");
        let data = bytes(3 << 20, 9);
        upload(&device, &data, &a);
        device
            .submit(Work::Copy(a.clone(), b.clone()))
            .expect("room");
        device.submit(Work::Fill(a.clone(), 7)).expect("room");
        device
            .submit(Work::Copy(b.clone(), pinned.clone()))
            .expect("room");
        device.submit(Work::Fill(b.clone(), 8)).expect("room");
        // Two views of one buffer: the same memory.
        assert!(download(&device, &pinned) == data);
        assert!(download(&device, &a).iter().all(|&byte| byte == 7));
        assert!(download(&device, &b).iter().all(|&byte| byte == 8));
        done(&device.submit(Work::Fence).expect("room"));
        drop((a, b, pinned));
        rig.finish(device, before);
    });
}

#[test]
fn a_copy_between_two_devices() {
    for kind in [Kind::Cuda, Kind::Ascend, Kind::Cambricon] {
        let rig = Rig::of(kind);
        rig.control(1, 200);
        let before = rig.control(11, 0);
        let (one, two) = (rig.device(0), rig.device(1));
        let from = one.allocate(Place::Device, 100_000).expect("memory");
        let to = two.allocate(Place::Device, 100_000).expect("memory");
        let data = bytes(100_000, 4);
        done(&upload(&one, &data, &from));
        done(
            &two.submit(Work::Copy(from.clone(), to.clone()))
                .expect("room"),
        );
        assert!(download(&two, &to) == data);
        drop((from, to));
        one.close();
        rig.finish(two, before);
    }
}

#[test]
fn memory_is_kept_trimmed_and_bounded() {
    each(|rig| {
        let before = rig.control(11, 0);
        let device = rig.device(0);
        let first = device.allocate(Place::Device, 1000).expect("memory");
        let address = first.address();
        drop(first);
        let second = device.allocate(Place::Device, 900).expect("memory");
        assert_eq!(second.address(), address, "the cache was not asked");
        assert_eq!(device.stats().reused, 1);
        drop(second);
        assert_eq!(device.trim(), 1024);
        assert_eq!(rig.control(11, 0), before);

        device.set_limit(Some(4096));
        let held = device.allocate(Place::Device, 4096).expect("memory");
        let error = device
            .allocate(Place::Device, 1)
            .map(drop)
            .expect_err("over");
        assert_eq!(error.kind(), Failure::Overloaded);
        assert!(error.to_string().contains("quota of"), "{error}");
        let room = device.room();
        assert!(!room.is_over());
        drop(held);
        assert!(room.is_over());
        drop(device.allocate(Place::Device, 1).expect("memory"));
        rig.finish(device, before);
    });
}

#[test]
fn out_of_memory_is_an_error_after_the_cache_was_given_up() {
    for kind in [Kind::Cuda, Kind::Ascend, Kind::Cambricon] {
        let rig = Rig::of(kind);
        let before = rig.control(11, 0);
        let device = rig.device(0);
        drop(device.allocate(Place::Device, 40 << 20).expect("memory"));
        let large = device
            .allocate(Place::Device, 50 << 20)
            .expect("what was kept made room");
        let error = device
            .allocate(Place::Device, 50 << 20)
            .map(drop)
            .expect_err("too much");
        assert_eq!(error.kind(), Failure::Device);
        assert!(error.to_string().contains("trim()"), "{error}");
        drop(large);
        // At every allocation once: nothing is lost, whichever fails.
        for nth in 0..6 {
            rig.control(2, nth);
            if let Ok(buffer) = device.allocate(Place::Device, 3 << 20) {
                let ticket = upload(&device, &bytes(3 << 20, 1), &buffer);
                let _ = ticket.done.wait(PATIENCE).expect("in time");
            }
            rig.control(2, -1);
            device.trim();
        }
        rig.finish(device, before);
    }
}

#[test]
fn a_broken_context_fails_every_job_and_nothing_hangs() {
    for kind in [Kind::Cuda, Kind::Ascend, Kind::Cambricon] {
        for nth in [0, 1, 3, 6] {
            let rig = Rig::of(kind);
            rig.control(1, 200);
            let device = rig.device(0);
            let buffer = device.allocate(Place::Device, 4 << 20).expect("memory");
            done(&upload(
                &device,
                &bytes(1, 1),
                &buffer.view(0, 1).expect("inside"),
            ));
            rig.control(3, nth);
            let tickets: Vec<Ticket> = (0..3)
                .map(|seed| upload(&device, &bytes(4 << 20, seed), &buffer))
                .collect();
            let failed = tickets
                .iter()
                .map(|ticket| ticket.done.wait(PATIENCE).expect("in time"))
                .filter(|outcome| {
                    outcome
                        .as_ref()
                        .is_err_and(|error| error.kind() == Failure::Device)
                })
                .count();
            assert!(failed >= 1, "{kind:?} {nth}");
            assert_eq!(rig.control(10, 0), 0);
            drop(buffer);
            device.close();
        }
    }
}

#[test]
fn missing_libraries_symbols_and_devices_are_errors_that_name_them() {
    let nowhere = From {
        library: Some("/nowhere/libcuda.so.1"),
        without: &[],
    };
    for kind in [Kind::Cuda, Kind::Ascend, Kind::Cambricon] {
        let error = registry::open(kind, nowhere)
            .map(drop)
            .expect_err("nothing there");
        assert_eq!(error.kind(), Failure::Unsupported);
        assert!(
            error.to_string().contains("/nowhere/libcuda.so.1"),
            "{error}"
        );
    }
    for (kind, symbol) in [
        (Kind::Cuda, "cuMemcpyPeerAsync"),
        (Kind::Ascend, "aclrtQueryEventStatus"),
        (Kind::Cambricon, "cnrtPlaceNotifier"),
    ] {
        let path = path(kind).display().to_string();
        let from = From {
            library: Some(&path),
            without: &[symbol],
        };
        let error = registry::open(kind, from)
            .map(drop)
            .expect_err("a symbol is missing");
        assert!(error.to_string().contains(symbol), "{error}");
        let rig = Rig::of(kind);
        let error = Device::new(Arc::clone(&rig.driver), 9)
            .map(drop)
            .expect_err("two devices");
        assert!(error.to_string().contains("the driver has 2"), "{error}");
    }
}

#[test]
fn old_drivers_without_later_symbols_work() {
    for (kind, without) in [
        (
            Kind::Ascend,
            &["aclrtLaunchHostFunc", "aclGetRecentErrMsg"][..],
        ),
        (
            Kind::Cambricon,
            &["cnrtMemcpyAsync_V3", "cnrtMemcpyAsync_V2"][..],
        ),
    ] {
        let rig = Rig::without(kind, without);
        rig.control(1, 100);
        let device = rig.device(0);
        let data = bytes(2 << 20, 1);
        let buffer = device.allocate(Place::Device, data.len()).expect("memory");
        upload(&device, &data, &buffer);
        assert!(download(&device, &buffer) == data);
        device.close();
    }
}

/// Random allocations, copies, cancels and frees against an oracle of what each buffer holds.
fn schedules(kind: Kind, steps: usize, seed: u64) {
    let rig = Rig::of(kind);
    rig.control(0, seed as i64);
    rig.control(1, 30);
    let before = rig.control(11, 0);
    let device = rig.device(0);
    device.set_limit(Some(8 << 20));
    let mut random = Random::new(seed);
    // A buffer, and the byte that fills it; none while that is not known (a cancelled write).
    let mut held: Vec<(Buffer, Option<u8>)> = Vec::new();
    let mut pending: Vec<Ticket> = Vec::new();
    for step in 0..steps {
        let any = random.below(held.len().max(1));
        match random.below(8) {
            0 | 1 => {
                let length = 1 + random.below(20_000);
                if let Ok(buffer) = device.allocate(Place::Device, length) {
                    held.push((buffer, None));
                }
            }
            2 if !held.is_empty() => drop(held.swap_remove(any)),
            3 | 4 if !held.is_empty() => {
                let byte = random.number() as u8;
                let ticket = upload(&device, &vec![byte; held[any].0.len()], &held[any].0);
                held[any].1 = Some(byte);
                if random.below(4) == 0 {
                    ticket.cancel();
                    held[any].1 = None;
                }
                pending.push(ticket);
            }
            5 if !held.is_empty() => {
                let byte = random.number() as u8;
                let work = Work::Fill(held[any].0.clone(), byte);
                pending.push(device.submit(work).expect("room"));
                held[any].1 = Some(byte);
            }
            6 if held.len() > 1 => {
                let other = (any + 1) % held.len();
                let length = held[any].0.len().min(held[other].0.len());
                let part = |index: usize| held[index].0.view(0, length).expect("inside");
                let work = Work::Copy(part(any), part(other));
                pending.push(device.submit(work).expect("room"));
                let whole = length == held[other].0.len();
                held[other].1 = held[any].1.filter(|_| whole);
            }
            _ if !held.is_empty() && step % 16 == 0 => {
                if let (buffer, Some(byte)) = &held[any] {
                    let found = download(&device, buffer);
                    assert!(
                        found.iter().all(|found| found == byte),
                        "{kind:?} step {step} seed {seed}"
                    );
                }
            }
            _ => {}
        }
        if pending.len() > 64 {
            for ticket in pending.drain(..) {
                let _ = ticket.done.wait(PATIENCE).expect("in time");
            }
        }
    }
    drop(held);
    for ticket in pending {
        let _ = ticket.done.wait(PATIENCE).expect("in time");
    }
    done(&device.submit(Work::Fence).expect("room"));
    rig.finish(device, before);
}

/// `TUSK_DEVICE_STEPS=100000` for the long run.
fn steps() -> usize {
    std::env::var("TUSK_DEVICE_STEPS")
        .ok()
        .and_then(|steps| steps.parse().ok())
        .unwrap_or(3000)
}

#[test]
fn random_schedules_on_host() {
    schedules(Kind::Host, steps(), 1);
}

#[test]
fn random_schedules_on_cuda() {
    schedules(Kind::Cuda, steps(), 2);
}

#[test]
fn random_schedules_on_ascend() {
    schedules(Kind::Ascend, steps(), 3);
}

#[test]
fn random_schedules_on_cambricon() {
    schedules(Kind::Cambricon, steps(), 4);
}
