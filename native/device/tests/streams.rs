//! What goes beyond one stream: streams side by side, their order, loans, and whether the simulated
//! libraries notice what they are for.

mod rig;

use std::sync::Arc;

use rig::{PATIENCE, Rig, bytes, done, download, each, eventually, upload};
use tusk_device::device::{Place, Work};
use tusk_device::driver::Kind;

#[test]
fn uploads_downloads_and_computing_go_side_by_side() {
    for kind in [Kind::Cuda, Kind::Ascend, Kind::Cambricon] {
        let rig = Rig::of(kind);
        let before = rig.control(11, 0);
        let device = rig.device(0);
        let [a, b, c] = [(); 3].map(|()| device.allocate(Place::Device, 3 << 20).expect("memory"));
        done(&device.submit(Work::Fill(b.clone(), 5)).expect("room"));
        rig.control(1, 2000);
        rig.control(5, 0);
        let data = bytes(3 << 20, 8);
        // Delays are random: sooner or later all three streams are at it together.
        eventually(|| {
            let up = upload(&device, &data, &a);
            let computed = device.submit(Work::Fill(c.clone(), 6)).expect("room");
            assert!(download(&device, &b).iter().all(|&byte| byte == 5));
            done(&up);
            done(&computed);
            rig.control(13, 0) == 3
        });
        drop((a, b, c));
        rig.finish(device, before);
    }
}

/// Writes on one stream and reads on the next, again and again, in parts that overlap.
#[test]
fn what_uses_the_same_bytes_keeps_its_order_across_streams() {
    each(|rig| {
        rig.control(1, 300);
        let before = rig.control(11, 0);
        let device = rig.device(0);
        let buffer = device.allocate(Place::Device, 1000).expect("memory");
        let pinned = device.allocate(Place::Pinned, 400).expect("memory");
        let part = |from: usize| buffer.view(from, 400).expect("inside");
        for round in 0..50 {
            let (byte, data) = (round as u8, bytes(400, round));
            device
                .submit(Work::Fill(buffer.clone(), byte))
                .expect("room");
            upload(&device, &data, &part(300));
            device
                .submit(Work::Copy(part(300), pinned.clone()))
                .expect("room");
            device
                .submit(Work::Copy(pinned.clone(), part(600)))
                .expect("room");
            let found = download(&device, &buffer);
            assert!(
                found[..300].iter().all(|&found| found == byte),
                "{:?}",
                device.kind()
            );
            assert!(found[300..600] == data[..300] && found[600..] == data);
        }
        drop((buffer, pinned));
        rig.finish(device, before);
    });
}

#[test]
fn what_is_lent_waits_and_is_waited_for() {
    each(|rig| {
        rig.control(1, 300);
        let before = rig.control(11, 0);
        let device = rig.device(0);
        let buffer = device.allocate(Place::Device, 4096).expect("memory");
        let other = device.allocate(Place::Device, 4096).expect("memory");
        let first = device.submit(Work::Fill(buffer.clone(), 1)).expect("room");
        let lent = device.lend(vec![(buffer.clone(), true)]).expect("room");
        let after = device.submit(Work::Fill(buffer.clone(), 2)).expect("room");
        let beside = device.submit(Work::Fill(other.clone(), 3)).expect("room");
        assert_eq!(lent.wait(PATIENCE), Some(true));
        assert!(first.done.is_over());
        done(&beside);
        assert!(!after.done.is_over(), "{:?}", device.kind());
        drop(lent);
        done(&after);
        // Readers share; a loan that nobody waited for is given back as well.
        let one = device.lend(vec![(buffer.clone(), false)]).expect("room");
        let two = device.lend(vec![(buffer.clone(), false)]).expect("room");
        assert_eq!(two.wait(PATIENCE), Some(true));
        drop((one, two));
        done(&device.submit(Work::Fence).expect("room"));
        drop((buffer, other));
        rig.finish(device, before);
    });
}

#[test]
fn memory_of_somebody_else_is_given_back_to_them() {
    each(|rig| {
        rig.control(1, 300);
        let before = rig.control(11, 0);
        let device = rig.device(0);
        let theirs = device.allocate(Place::Device, 5000).expect("memory");
        let (address, keeper) = (theirs.address(), Arc::new(()));
        let adopted = device.adopt(address, 5000, Box::new((theirs, Arc::clone(&keeper))));
        let data = bytes(5000, 2);
        upload(&device, &data, &adopted);
        let part = adopted.view(10, 20).expect("inside");
        drop(adopted);
        assert!(download(&device, &part) == data[10..30]);
        assert_eq!(Arc::strong_count(&keeper), 2);
        drop(part);
        eventually(|| Arc::strong_count(&keeper) == 1);
        rig.finish(device, before);
    });
}

/// The other tests say nothing unless the simulated libraries see what they are for.
#[test]
fn the_simulation_notices_what_is_wrong() {
    for kind in [Kind::Cuda, Kind::Ascend, Kind::Cambricon] {
        let rig = Rig::of(kind);
        let driver = &*rig.driver;
        let make = |what: &str| driver.stream(0).expect(what);
        let (one, two) = (make("a stream"), make("a stream"));
        let event = driver.event(0).expect("an event");
        let address = driver.allocate(0, 100).expect("memory");
        let fill = |stream, byte| driver.fill(0, stream, address, byte, 100).expect("room");
        let settle = |stream| {
            let last = driver.event(0).expect("an event");
            driver.record(0, last, stream).expect("room");
            eventually(|| driver.is_done(0, last).expect("no failure"));
            driver.destroy_event(0, last).expect("it is done");
        };
        // Ordered by an event: nothing is wrong, whatever the delays are.
        rig.control(1, 1000);
        fill(one, 1);
        driver.record(0, event, one).expect("room");
        driver.wait_for(0, two, event).expect("room");
        fill(two, 2);
        assert_eq!(rig.wrongs(), [0; 5], "{kind:?}");
        settle(two);
        // Recorded anew while the other stream waits for it.
        rig.control(6, 1);
        fill(one, 3);
        let early = driver.event(0).expect("an event");
        driver.record(0, early, one).expect("room");
        driver.wait_for(0, two, early).expect("room");
        driver.record(0, early, one).expect("room");
        assert_eq!(rig.wrongs(), [0, 0, 0, 0, 1], "{kind:?}: recorded anew");
        rig.control(6, 0);
        settle(two);
        settle(one);
        // Without an event, also where the delays hide it.
        rig.control(1, 0);
        fill(one, 4);
        fill(two, 5);
        assert_eq!(rig.wrongs()[2], 1, "{kind:?}: no event");
        // Seen by the host: in order.
        settle(one);
        settle(two);
        rig.control(6, 1);
        fill(one, 6);
        assert_eq!(rig.wrongs()[2], 1, "{kind:?}: the host has seen it");
        driver.free(0, address).expect("it was allocated");
        assert_eq!(
            rig.wrongs()[3],
            1,
            "{kind:?}: freed before it was seen done"
        );
        // And touched after it was freed.
        rig.control(6, 0);
        settle(one);
        assert_eq!(rig.wrongs()[0], 1, "{kind:?}: touched after it was freed");
        for event in [event, early] {
            driver.destroy_event(0, event).expect("it is done");
        }
        for stream in [one, two] {
            driver.destroy_stream(0, stream).expect("it is idle");
        }
    }
}
