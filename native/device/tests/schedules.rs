//! Random schedules on every driver, against an oracle of what each buffer holds.

mod rig;

use rig::{PATIENCE, Rig, done, download, upload};
use tusk_device::device::{Buffer, Place, Ticket, Work};
use tusk_device::driver::Kind;
use tusk_runtime::random::Random;

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
