//! The contract of devices, held against host memory and three simulated drivers. Each test
//! runs for each driver; faults are settings of the simulated library, so tests take turns.

mod rig;

use std::sync::Arc;

use rig::{PATIENCE, Rig, bytes, done, download, each, eventually, path, upload};
use tusk_device::device::{Device, Place, Ticket, Work};
use tusk_device::driver::Kind;
use tusk_device::registry::{self, From};
use tusk_runtime::error::Kind as Failure;

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
            assert_eq!(rig.wrongs()[0], 0);
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
    // Whether call backs come by a thread that fetches reports.
    let cases: [(Kind, &[&str], bool); 3] = [
        (
            Kind::Ascend,
            &["aclrtLaunchHostFunc", "aclGetRecentErrMsg"],
            true,
        ),
        (
            Kind::Ascend,
            &["aclrtLaunchHostFunc", "aclrtSubscribeReport"],
            false,
        ),
        (
            Kind::Cambricon,
            &["cnrtMemcpyAsync_V3", "cnrtMemcpyAsync_V2"],
            false,
        ),
    ];
    for (kind, without, by_reports) in cases {
        let rig = Rig::without(kind, without);
        rig.control(1, 100);
        let (before, reports) = (rig.control(11, 0), rig.control(17, 0));
        let device = rig.device(0);
        let data = bytes(2 << 20, 1);
        let buffer = device.allocate(Place::Device, data.len()).expect("memory");
        upload(&device, &data, &buffer);
        assert!(download(&device, &buffer) == data);
        if by_reports {
            // Each call back comes late, and none is lost.
            eventually(|| rig.control(17, 0) - reports >= 4);
        } else {
            assert_eq!(rig.control(17, 0), reports);
        }
        drop(buffer);
        rig.finish(device, before);
    }
}
