//! Watches: descriptors an event loop calls back for, level-triggered over a poll op that
//! fires once per arming or once per change.
//!
//! ```text
//!            insert           event            begin             end
//!   (free) ────────▶ Armed ──────────▶ Queued ───────▶ Running ───────▶ Armed
//!      ▲                                 │ remove         │ remove
//!      └──── final completion ◀──────────┴────────────────┘
//! ```
//!
//! Who may move them: `event` (a completion of the armed op), `begin`, `waits` and `end`
//! (the host, around the callback), `remove` and `close`. While a callback runs, or is
//! suspended, no second one is queued: the callbacks of one descriptor and direction never
//! overlap. The host is told when one is suspended for the first time, because it may have read
//! more than that callback has taken, and once per event of the descriptor while one is
//! (`Arm::Busy`). It may allow this watch to overlap: a callback that waits then leaves the
//! watch as if it had returned.
//!
//! Two ways to be armed:
//! - *once*: a one-shot poll after each callback. It looks at the level by itself, costs
//!   an op per event, and is right for any descriptor.
//! - *multi*: the poll stays armed and completes at each change. Chosen for PHP streams
//!   whose reads are reported by [`Watches::note_read`]: when the last read emptied the
//!   socket, the next change is a completion; when it did not, a one-shot poll looks again.

mod arm;

pub use arm::{Arm, Interest, Overlap};

use std::os::fd::RawFd;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Armed,
    Queued,
    Running,
}

#[derive(Debug)]
struct Watch {
    generation: u32,
    in_use: bool,
    fd: RawFd,
    interest: Interest,
    state: State,
    /// The one-shot op in flight, and the multishot one.
    once: Option<u64>,
    multi: Option<u64>,
    /// The multishot op completed while the callback was queued or running.
    changed: bool,
    /// The peer closed its side (or an error): readable until a read has seen it.
    hung_up: bool,
    /// Reads of this watch are reported.
    reported: bool,
    drained: bool,
    eof: bool,
    /// The running callback is suspended, and has not left the watch.
    waits: bool,
    /// The host is being told that it is busy.
    telling: bool,
    /// It was told so once.
    asked: bool,
    /// Callbacks that are suspended leave the watch.
    overlap: Overlap,
}

impl Watch {
    /// Its callback is suspended and leaves the watch.
    fn is_left(&mut self) -> Arm {
        if self.overlap == Overlap::Again {
            self.waits = false;
            self.state = State::Queued;
            self.changed = false;
            return Arm::Call;
        }
        self.goes_on()
    }

    /// Its callback has returned, or leaves the watch.
    fn goes_on(&mut self) -> Arm {
        self.waits = false;
        if self.changed && self.multi.is_some() {
            // It changed again while the callback ran.
            self.state = State::Queued;
            self.changed = false;
            return Arm::Call;
        }
        self.state = State::Armed;
        if self.once.is_some() {
            return Arm::Nothing;
        }
        let seen_all = self.drained && (self.eof || !self.hung_up);
        match (seen_all, self.multi.is_some()) {
            (true, true) => Arm::Nothing,
            // The first reported read: from now on the poll may stay armed.
            (true, false) if self.reported && !self.hung_up => Arm::Multi,
            _ => Arm::Once,
        }
    }
}

/// See the module's description.
#[derive(Debug, Default)]
pub struct Watches {
    watches: Vec<Watch>,
    free: Vec<u32>,
    /// By descriptor: its readable and its writable watch.
    by_fd: Vec<[u32; 2]>,
    live: usize,
}

const NONE: u32 = u32::MAX;

/// Keys of watches have this bit, so that hosts can tell them from their other calls.
pub const WATCH_BIT: u64 = 1 << 63;

/// With this bit, the key of a watch means: the host is to be told that it is busy.
/// Slots are fewer than descriptors, of which there are fewer than 2^31.
pub const BUSY_BIT: u64 = 1 << 31;

impl Watches {
    /// None yet.
    pub fn new() -> Watches {
        Watches::default()
    }

    /// A watch, not armed yet. The same descriptor and direction may be watched once; an
    /// earlier watch must have been removed.
    pub fn insert(&mut self, fd: RawFd, interest: Interest) -> u64 {
        let watch = Watch {
            generation: 1,
            in_use: true,
            fd,
            interest,
            state: State::Armed,
            once: None,
            multi: None,
            changed: false,
            hung_up: false,
            reported: false,
            drained: false,
            eof: false,
            waits: false,
            telling: false,
            asked: false,
            overlap: Overlap::Never,
        };
        let slot = match self.free.pop() {
            Some(slot) => {
                let generation = self.watches[slot as usize].generation;
                self.watches[slot as usize] = Watch {
                    generation,
                    ..watch
                };
                slot
            }
            None => {
                self.watches.push(watch);
                (self.watches.len() - 1) as u32
            }
        };
        let index = fd as usize;
        if index >= self.by_fd.len() {
            self.by_fd.resize(index + 1, [NONE; 2]);
        }
        self.by_fd[index][interest as usize] = slot;
        self.live += 1;
        key(slot, self.watches[slot as usize].generation)
    }

    /// Forgets a watch; returns the ops to cancel. Their completions find nobody.
    pub fn remove(&mut self, key: u64) -> [Option<u64>; 2] {
        let Some(slot) = self.slot(key) else {
            return [None; 2];
        };
        let watch = &mut self.watches[slot];
        watch.in_use = false;
        watch.generation = (watch.generation + 1) & 0x7fff_ffff;
        let armed = [watch.once.take(), watch.multi.take()];
        let (fd, direction) = (watch.fd as usize, watch.interest as usize);
        if self.by_fd[fd][direction] == slot as u32 {
            self.by_fd[fd][direction] = NONE;
        }
        self.free.push(slot as u32);
        self.live -= 1;
        armed
    }

    /// What to poll for.
    pub fn target(&self, key: u64) -> Option<(RawFd, u16)> {
        let watch = &self.watches[self.slot(key)?];
        let events = match watch.interest {
            Interest::Readable => libc::POLLIN | libc::POLLRDHUP,
            Interest::Writable => libc::POLLOUT,
        };
        Some((watch.fd, events as u16))
    }

    /// The op is in flight.
    pub fn armed(&mut self, key: u64, op: u64, multi: bool) {
        if let Some(slot) = self.slot(key) {
            let watch = &mut self.watches[slot];
            if multi {
                watch.multi = Some(op);
            } else {
                watch.once = Some(op);
            }
        }
    }

    /// A completion of an op of this watch.
    pub fn event(&mut self, key: u64, op: u64, result: i32, more: bool) -> Arm {
        let Some(slot) = self.slot(key) else {
            return Arm::Nothing;
        };
        let watch = &mut self.watches[slot];
        if watch.once == Some(op) {
            watch.once = None;
        } else if watch.multi == Some(op) {
            if !more {
                watch.multi = None;
            }
        } else {
            return Arm::Nothing;
        }
        if result == -libc::ECANCELED {
            return Arm::Nothing;
        }
        let hang_up = i32::from(libc::POLLRDHUP | libc::POLLHUP | libc::POLLERR);
        if result < 0 || result & hang_up != 0 {
            watch.hung_up = true;
        }
        match watch.state {
            State::Armed => {
                watch.state = State::Queued;
                Arm::Call
            }
            State::Running if watch.waits && !watch.telling => {
                watch.changed = true;
                watch.telling = true;
                Arm::Busy
            }
            State::Queued | State::Running => {
                watch.changed = true;
                Arm::Nothing
            }
        }
    }

    /// Its callback begins; false when it was removed meanwhile.
    pub fn begin(&mut self, key: u64) -> bool {
        let Some(slot) = self.slot(key) else {
            return false;
        };
        let watch = &mut self.watches[slot];
        watch.state = State::Running;
        watch.changed = false;
        watch.drained = false;
        watch.eof = false;
        watch.waits = false;
        true
    }

    /// Its callback is about to wait for the first time. With `tell`, the host wants to
    /// know what happens meanwhile, above all that the peer has closed.
    pub fn waits(&mut self, key: u64, tell: bool) -> Arm {
        let Some(slot) = self.slot(key) else {
            return Arm::Nothing;
        };
        let watch = &mut self.watches[slot];
        if watch.overlap != Overlap::Never {
            return watch.is_left();
        }
        watch.waits = true;
        match (watch.once, watch.multi) {
            (None, None) if tell && watch.reported => Arm::Multi,
            (None, None) if tell => Arm::Once,
            _ => Arm::Nothing,
        }
    }

    /// Its callback waits: is the host to be told, although nothing has happened on the
    /// descriptor? Once for each watch.
    pub fn ask(&mut self, key: u64) -> bool {
        let Some(slot) = self.slot(key) else {
            return false;
        };
        let watch = &mut self.watches[slot];
        let asks = watch.waits && !watch.telling && !watch.asked;
        watch.telling |= asks;
        asks
    }

    /// The host is about to be told that the watch is busy; false when it no longer is.
    pub fn tell(&mut self, key: u64) -> bool {
        let Some(slot) = self.slot(key) else {
            return false;
        };
        let watch = &mut self.watches[slot];
        watch.telling = watch.waits;
        // A wait that has ended meanwhile was not told of.
        watch.asked |= watch.waits;
        watch.waits
    }

    /// The host was told.
    pub fn told(&mut self, key: u64) {
        if let Some(slot) = self.slot(key) {
            self.watches[slot].telling = false;
        }
    }

    /// From now on callbacks of this watch may overlap.
    pub fn overlap(&mut self, key: u64, overlap: Overlap) -> Arm {
        let Some(slot) = self.slot(key) else {
            return Arm::Nothing;
        };
        let watch = &mut self.watches[slot];
        watch.overlap = overlap;
        if watch.waits && overlap != Overlap::Never {
            watch.is_left()
        } else {
            Arm::Nothing
        }
    }

    /// Is its callback suspended, or queued, or running?
    pub fn is_busy(&self, key: u64) -> bool {
        self.slot(key)
            .is_some_and(|slot| self.watches[slot].state != State::Armed)
    }

    /// Its callback has returned: how it goes on. `waited`: it was suspended meanwhile.
    pub fn end(&mut self, key: u64, waited: bool) -> Arm {
        let Some(slot) = self.slot(key) else {
            return Arm::Nothing;
        };
        let watch = &mut self.watches[slot];
        if waited && !watch.waits {
            // It left the watch when it was suspended.
            return Arm::Nothing;
        }
        watch.goes_on()
    }

    /// A watched PHP stream was read: `drained` when the socket gave less than was asked
    /// for, `eof` when it gave the end or an error.
    pub fn note_read(&mut self, fd: RawFd, drained: bool, eof: bool) {
        let Some(&[slot, _]) = self.by_fd.get(fd as usize) else {
            return;
        };
        if slot != NONE {
            let watch = &mut self.watches[slot as usize];
            watch.reported = true;
            watch.drained = drained || eof;
            watch.eof = eof;
        }
    }

    /// The descriptor is about to be closed: its watches end, their ops must be cancelled.
    pub fn close(&mut self, fd: RawFd) -> Option<[Option<u64>; 4]> {
        let slots = *self.by_fd.get(fd as usize)?;
        if slots == [NONE; 2] {
            return None;
        }
        let mut ops = [None; 4];
        for (at, slot) in slots.into_iter().enumerate() {
            if slot != NONE {
                let key = key(slot, self.watches[slot as usize].generation);
                let armed = self.remove(key);
                ops[at * 2] = armed[0];
                ops[at * 2 + 1] = armed[1];
            }
        }
        Some(ops)
    }

    /// Watches alive.
    pub fn len(&self) -> usize {
        self.live
    }

    /// Is nothing watched?
    pub fn is_empty(&self) -> bool {
        self.live == 0
    }

    fn slot(&self, key: u64) -> Option<usize> {
        let slot = (key & 0xffff_ffff) as usize;
        let watch = self.watches.get(slot)?;
        let generation = ((key >> 32) & 0x7fff_ffff) as u32;
        (watch.in_use && watch.generation == generation).then_some(slot)
    }
}

fn key(slot: u32, generation: u32) -> u64 {
    WATCH_BIT | u64::from(generation) << 32 | u64::from(slot)
}
