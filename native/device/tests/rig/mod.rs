//! A driver with its faults, and what tests of devices do with it.
#![allow(dead_code)]

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tusk_device::device::{Buffer, Device, Ticket, Work};
use tusk_device::driver::{Driver, Kind};
use tusk_device::registry::{self, From};
use tusk_device::storage::Storage;
use tusk_device::sys::library::Library;
use tusk_device::sys::memory::HostMemory;
use tusk_runtime::random::Random;

pub const PATIENCE: Duration = Duration::from_secs(60);

/// What the simulated libraries count when something is wrong.
pub const WRONGS: [(i32, &str); 5] = [
    (10, "memory was touched that is not allocated"),
    (12, "the driver was called from a call back"),
    (14, "an event is missing: streams race for memory"),
    (15, "memory was freed while a stream may use it"),
    (
        16,
        "an event, a dataset or a model went while a stream may use it",
    ),
];

static TURN: Mutex<()> = Mutex::new(());

/// A kind whose own driver is tested, and nothing else (benches/device_real.sh).
pub fn real() -> Option<Kind> {
    let name = std::env::var("TUSK_REAL_DEVICE").ok()?;
    Kind::ALL.into_iter().find(|kind| kind.name() == name)
}

/// One driver, and the faults of its library.
pub struct Rig {
    pub driver: Arc<dyn Driver>,
    library: Option<Library>,
    /// Counts that other tests left behind.
    before: [i64; WRONGS.len()],
    _turn: MutexGuard<'static, ()>,
}

pub fn path(kind: Kind) -> PathBuf {
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
    pub fn of(kind: Kind) -> Rig {
        Rig::without(kind, &[])
    }

    pub fn without(kind: Kind, without: &[&str]) -> Rig {
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let is_simulated = kind != Kind::Host && real() != Some(kind);
        let named = format!("TUSK_{}_LIBRARY", kind.name().to_uppercase());
        let path = match is_simulated {
            true => Some(path(kind).display().to_string()),
            false => std::env::var(named).ok(),
        };
        let library = path
            .as_deref()
            .map(|path| Library::open(&[path], &[]).expect("library"));
        let from = From {
            library: path.as_deref(),
            without,
        };
        let mut rig = Rig {
            driver: registry::open(kind, from).expect("driver"),
            library,
            before: [0; WRONGS.len()],
            _turn: turn,
        };
        rig.before = WRONGS.map(|(what, _)| rig.control(what, 0));
        rig.control(4, 0);
        rig.control(1, 0);
        rig.control(2, -1);
        rig.control(3, -1);
        rig.control(6, 0);
        rig
    }

    pub fn control(&self, what: i32, value: i64) -> i64 {
        self.library
            .as_ref()
            .map_or(0, |library| library.control(what, value))
    }

    pub fn device(&self, ordinal: u32) -> Device {
        Device::new(Arc::clone(&self.driver), ordinal).expect("device")
    }

    pub fn finish(&self, device: Device, live_before: i64) {
        let stats = device.stats();
        assert_eq!((stats.buffers, stats.used), (0, 0), "buffers are left");
        device.close();
        assert_eq!(
            self.control(11, 0),
            live_before,
            "the driver's memory is left"
        );
        for (wrong, (_, text)) in self.wrongs().into_iter().zip(WRONGS) {
            assert_eq!(wrong, 0, "{text}");
        }
    }

    /// What went wrong in this test.
    pub fn wrongs(&self) -> [i64; WRONGS.len()] {
        std::array::from_fn(|place| self.control(WRONGS[place].0, 0) - self.before[place])
    }
}

/// Runs a test for each driver.
pub fn each(test: fn(&Rig)) {
    let kinds = Kind::ALL.into_iter();
    for kind in kinds.filter(|&kind| real().is_none_or(|real| real == kind)) {
        test(&Rig::of(kind));
    }
}

/// Waits for what will happen by itself.
pub fn eventually(mut happened: impl FnMut() -> bool) {
    let until = std::time::Instant::now() + PATIENCE;
    while !happened() {
        assert!(std::time::Instant::now() < until, "it never happened");
        std::thread::yield_now();
    }
}

pub fn done(ticket: &Ticket) -> Option<HostMemory> {
    ticket
        .done
        .wait(PATIENCE)
        .expect("in time")
        .expect("no failure")
}

pub fn bytes(length: usize, seed: u64) -> Vec<u8> {
    let mut random = Random::new(seed);
    (0..length).map(|_| random.number() as u8).collect()
}

pub fn upload(device: &Device, bytes: &[u8], to: &Buffer) -> Ticket {
    let storage = Storage::filled(bytes.len(), |to| to.copy_from_slice(bytes)).expect("memory");
    device
        .submit(Work::Upload(storage, 0..bytes.len(), to.clone()))
        .expect("room")
}

pub fn download(device: &Device, from: &Buffer) -> Vec<u8> {
    let into = HostMemory::new(from.len()).expect("memory");
    let ticket = device
        .submit(Work::Download(from.clone(), into))
        .expect("room");
    done(&ticket).expect("a download").bytes().to_vec()
}
