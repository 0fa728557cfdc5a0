//! Random schedules on every driver, against an oracle of what each buffer holds.

mod rig;

use rig::{PATIENCE, Rig, done, download, upload};
use tusk_device::device::{Buffer, Place, Ticket, Work};
use tusk_device::driver::Kind;
use tusk_runtime::random::Random;

/// A buffer and what each of its bytes must be; none while that is not known.
type Held = (Buffer, Vec<Option<u8>>);

/// Random allocations, copies, cancels and frees, of parts that overlap, on all streams.
fn schedules(kind: Kind, steps: usize, seed: u64) {
    let rig = Rig::of(kind);
    rig.control(0, seed as i64);
    rig.control(1, 30);
    let before = rig.control(11, 0);
    let device = rig.device(0);
    device.set_limit(Some(8 << 20));
    let mut random = Random::new(seed);
    let mut held: Vec<Held> = Vec::new();
    let mut pending: Vec<Ticket> = Vec::new();
    for step in 0..steps {
        let any = random.below(held.len().max(1));
        match random.below(9) {
            0 | 1 => {
                let length = 1 + random.below(20_000);
                let place = [Place::Device, Place::Device, Place::Pinned][random.below(3)];
                if let Ok(buffer) = device.allocate(place, length) {
                    held.push((buffer, vec![None; length]));
                }
            }
            2 if !held.is_empty() => drop(held.swap_remove(any)),
            3 | 4 if !held.is_empty() => {
                let byte = random.number() as u8;
                let (from, length) = part(&mut random, held[any].1.len());
                let to = held[any].0.view(from, length).expect("inside");
                let ticket = upload(&device, &vec![byte; length], &to);
                let cancelled = random.below(4) == 0;
                if cancelled {
                    ticket.cancel();
                }
                held[any].1[from..from + length].fill(Some(byte).filter(|_| !cancelled));
                pending.push(ticket);
            }
            5 if !held.is_empty() => {
                let byte = random.number() as u8;
                let (from, length) = part(&mut random, held[any].1.len());
                let work = Work::Fill(held[any].0.view(from, length).expect("inside"), byte);
                pending.push(device.submit(work).expect("room"));
                held[any].1[from..from + length].fill(Some(byte));
            }
            6 if held.len() > 1 => {
                let other = (any + 1) % held.len();
                let (from, most) = part(&mut random, held[any].1.len());
                let (to, length) = part(&mut random, held[other].1.len());
                let length = length.min(most);
                let view = |index: usize, at| held[index].0.view(at, length).expect("inside");
                let work = Work::Copy(view(any, from), view(other, to));
                pending.push(device.submit(work).expect("room"));
                let bytes = held[any].1[from..from + length].to_vec();
                held[other].1[to..to + length].copy_from_slice(&bytes);
            }
            7 if !held.is_empty() && step % 8 == 0 => {
                // Somebody else's work ends, and nothing else is to be done about it.
                drop(
                    device
                        .lend(vec![(held[any].0.clone(), true)])
                        .expect("room"),
                );
            }
            _ if !held.is_empty() && step % 8 == 0 => {
                let (buffer, bytes) = &held[any];
                let found = download(&device, buffer);
                let wrong = found
                    .iter()
                    .zip(bytes)
                    .position(|(found, known)| known.is_some_and(|known| known != *found));
                assert_eq!(wrong, None, "{kind:?} step {step} seed {seed}");
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

/// A part of so many bytes: from where, and how many.
fn part(random: &mut Random, length: usize) -> (usize, usize) {
    let from = random.below(length);
    (from, 1 + random.below(length - from))
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
