//! Watches against a naive socket: seeded random histories of bytes, ends, reads, waits
//! and removals. After each, nothing that can be read may be left without anybody who
//! will be told.

use std::collections::VecDeque;
use tusk_runtime::watch::{Arm, Interest, Overlap, Watches};

const FD: i32 = 7;

/// xorshift64*, so that a failing seed replays everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11) % bound
    }

    fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }
}

struct Op {
    id: u64,
    key: u64,
    multi: bool,
}

/// A callback under way.
struct Running {
    key: u64,
    suspended: bool,
    /// Changes of the socket, and whether one was told, since it was suspended.
    changed: bool,
    told: bool,
}

/// The world around the watches: a socket, the kernel's polls, the host's queue.
struct World {
    random: Random,
    watches: Watches,
    unread: u64,
    ended: bool,
    end_seen: bool,
    ops: Vec<Op>,
    next_op: u64,
    completions: VecDeque<(u64, u64, i32, bool)>,
    calls: VecDeque<u64>,
    running: Vec<Running>,
    key: Option<u64>,
    overlaps: bool,
    context: String,
}

impl World {
    fn new(seed: u64) -> World {
        World {
            random: Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1),
            watches: Watches::new(),
            unread: 0,
            ended: false,
            end_seen: false,
            ops: Vec::new(),
            next_op: 1,
            completions: VecDeque::new(),
            calls: VecDeque::new(),
            running: Vec::new(),
            key: None,
            overlaps: false,
            context: format!("seed {seed}"),
        }
    }

    fn readable(&self) -> bool {
        self.unread > 0 || self.ended
    }

    fn revents(&self) -> i32 {
        let data = if self.unread > 0 || self.ended {
            libc::POLLIN
        } else {
            0
        };
        i32::from(data | if self.ended { libc::POLLRDHUP } else { 0 })
    }

    fn insert(&mut self) {
        let key = self.watches.insert(FD, Interest::Readable);
        self.key = Some(key);
        self.overlaps = false;
        self.act(key, Arm::Once);
    }

    fn act(&mut self, key: u64, arm: Arm) {
        match arm {
            Arm::Nothing => {}
            Arm::Call => {
                assert!(!self.calls.contains(&key), "{}: queued twice", self.context);
                self.calls.push_back(key);
            }
            Arm::Busy => {
                let running = self.running.iter_mut().find(|running| running.key == key);
                let running =
                    running.unwrap_or_else(|| panic!("{}: busy, but nobody runs", self.context));
                assert!(running.suspended, "{}: busy, but it runs", self.context);
                running.told = true;
                assert!(self.watches.tell(key));
                self.watches.told(key);
                if self.random.one_in(4) {
                    self.allow_overlap(key);
                }
            }
            Arm::Once | Arm::Multi => {
                let op = Op {
                    id: self.next_op,
                    key,
                    multi: arm == Arm::Multi,
                };
                self.next_op += 1;
                self.watches.armed(key, op.id, op.multi);
                self.ops.push(op);
                if self.readable() {
                    // A poll looks at the level when it is armed.
                    self.complete(self.ops.len() - 1);
                }
            }
        }
    }

    fn allow_overlap(&mut self, key: u64) {
        self.overlaps = true;
        let overlap = if self.random.one_in(2) {
            Overlap::Ready
        } else {
            Overlap::Again
        };
        let arm = self.watches.overlap(key, overlap);
        self.act(key, arm);
    }

    fn complete(&mut self, index: usize) {
        let (id, key, multi) = (
            self.ops[index].id,
            self.ops[index].key,
            self.ops[index].multi,
        );
        // The kernel may end a multishot poll with any completion.
        let more = multi && !self.random.one_in(8);
        if !more {
            self.ops.swap_remove(index);
        }
        self.completions.push_back((key, id, self.revents(), more));
    }

    /// The socket changed: every poll on it completes.
    fn change(&mut self) {
        for running in &mut self.running {
            running.changed |= running.suspended;
        }
        for index in (0..self.ops.len()).rev() {
            self.complete(index);
        }
    }

    fn remove(&mut self) {
        let Some(key) = self.key.take() else { return };
        let cancelled: Vec<u64> = self.watches.remove(key).into_iter().flatten().collect();
        let in_flight: Vec<u64> = self.ops.iter().map(|op| op.id).collect();
        for id in in_flight {
            assert!(
                cancelled.contains(&id),
                "{}: an op stayed armed",
                self.context
            );
        }
        for op in self.ops.drain(..) {
            self.completions
                .push_back((op.key, op.id, -libc::ECANCELED, false));
        }
    }

    fn deliver(&mut self) {
        if let Some((key, id, result, more)) = self.completions.pop_front() {
            let arm = self.watches.event(key, id, result, more);
            assert!(
                arm == Arm::Nothing || Some(key) == self.key,
                "{}: a watch that went",
                self.context
            );
            self.act(key, arm);
        }
    }

    fn call(&mut self) {
        let Some(key) = self.calls.pop_front() else {
            return;
        };
        if !self.watches.begin(key) {
            assert_ne!(Some(key), self.key, "{}: refused", self.context);
            return;
        }
        let others = self
            .running
            .iter()
            .filter(|running| running.key == key)
            .count();
        assert!(others == 0 || self.overlaps, "{}: overlapped", self.context);
        self.read();
        if self.random.one_in(12) {
            self.remove();
        }
        self.running.push(Running {
            key,
            suspended: false,
            changed: false,
            told: false,
        });
    }

    fn read(&mut self) {
        if self.random.one_in(5) {
            return;
        }
        let wanted = 1 + self.random.below(4);
        let got = wanted.min(self.unread);
        self.unread -= got;
        let eof = got == 0 && self.ended;
        self.end_seen |= eof;
        // Not every PHP stream reports its reads.
        if !self.context.ends_with("silent") {
            self.watches.note_read(FD, got < wanted, eof);
        }
    }

    fn suspend_or_end(&mut self) {
        if self.running.is_empty() {
            return;
        }
        let index = self.random.below(self.running.len() as u64) as usize;
        let key = self.running[index].key;
        if !self.running[index].suspended && self.random.one_in(2) {
            self.running[index].suspended = true;
            let arm = self.watches.waits(key, true);
            return self.act(key, arm);
        }
        let running = self.running.swap_remove(index);
        let arm = self.watches.end(key, running.suspended);
        self.act(key, arm);
    }

    fn step(&mut self) {
        match self.random.below(12) {
            0 => {
                self.unread += 1 + self.random.below(5);
                self.change();
            }
            1 if self.random.one_in(10) && !self.ended => {
                self.ended = true;
                self.change();
            }
            2 if self.key.is_none() => self.insert(),
            3..=6 => self.deliver(),
            7..=9 if !self.running.iter().any(|running| !running.suspended) => self.call(),
            _ => self.suspend_or_end(),
        }
    }

    /// All completions arrive and all calls are made.
    fn settle(&mut self) {
        for _ in 0..10_000 {
            if let Some(at) = self.running.iter().position(|running| !running.suspended) {
                let running = self.running.swap_remove(at);
                let arm = self.watches.end(running.key, false);
                self.act(running.key, arm);
            } else if !self.completions.is_empty() {
                self.deliver();
            } else if !self.calls.is_empty() {
                self.call();
            } else {
                return;
            }
            if self.end_seen {
                // A host that has seen the end ends its watch.
                self.remove();
            }
        }
        panic!("{}: it never settles", self.context);
    }

    fn check(&mut self) {
        self.settle();
        let attached = |running: &&Running| Some(running.key) == self.key;
        for running in self.running.iter().filter(attached) {
            assert!(
                !running.changed || running.told || self.overlaps,
                "{}: nobody was told",
                self.context
            );
        }
        if self.running.iter().filter(attached).count() > 0 && !self.overlaps {
            // What came meanwhile is served when the callback returns.
            while let Some(running) = self.running.pop() {
                let arm = self.watches.end(running.key, true);
                self.act(running.key, arm);
            }
            self.settle();
        }
        let waits = self
            .running
            .iter()
            .any(|running| Some(running.key) == self.key);
        if (self.overlaps || !waits) && self.key.is_some() {
            assert!(
                !self.readable() || self.end_seen,
                "{}: left unread",
                self.context
            );
        }
    }
}

fn run(seed: u64, steps: u64, name: &str) {
    let mut world = World::new(seed);
    world.context = format!("seed {seed} {name}");
    world.insert();
    for _ in 0..steps {
        world.step();
    }
    world.check();
}

#[test]
fn nothing_is_left_unread() {
    for seed in 0..4_000 {
        run(seed, seed % 200, "reported");
    }
}

#[test]
fn nothing_is_left_unread_where_reads_are_not_reported() {
    for seed in 0..4_000 {
        run(seed, seed % 200, "silent");
    }
}

#[test]
fn one_that_was_removed_says_nothing() {
    let mut watches = Watches::new();
    let old = watches.insert(FD, Interest::Readable);
    watches.armed(old, 1, false);
    assert_eq!(watches.remove(old), [Some(1), None]);
    let new = watches.insert(FD, Interest::Readable);
    watches.armed(new, 2, false);
    assert_ne!(old, new);
    assert_eq!(watches.event(old, 1, 1, false), Arm::Nothing);
    assert_eq!(watches.event(new, 1, 1, false), Arm::Nothing);
    assert!(!watches.begin(old));
    assert_eq!(watches.event(new, 2, 1, false), Arm::Call);
    assert_eq!(watches.len(), 1);
}

#[test]
fn closing_ends_both_directions() {
    let mut watches = Watches::new();
    let read = watches.insert(FD, Interest::Readable);
    let write = watches.insert(FD, Interest::Writable);
    watches.armed(read, 1, true);
    watches.armed(write, 2, false);
    assert_eq!(watches.close(FD), Some([None, Some(1), Some(2), None]));
    assert_eq!(watches.close(FD), None);
    assert!(watches.is_empty() && !watches.begin(read) && !watches.begin(write));
}
