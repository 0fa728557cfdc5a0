//! The io_uring driver.
//!
//! States of an op in the table, and who moves it:
//! - `Kernel`: its own entry is in the submission queue or with the kernel. `submit` puts
//!   it there. Its completion ends it, except that `-EAGAIN` (old kernels on
//!   non-blocking descriptors) moves it to `Watched`, and a multishot poll that the
//!   kernel stopped for want of room is `Stopped` for a moment.
//! - `Stopped` (listed in `stopped`): a multishot poll that the kernel does not have.
//!   `collect` pushes it again, or ends it if it was cancelled.
//! - `Watched`: an entry that waits for what the op needs is with the kernel; when it
//!   completes, the plain call is made, and either ends the op or watches again. `submit`
//!   puts ops here whose verb the ring lacks.
//!
//! An op leaves the table only when the completion of its last entry was reaped: so the
//! invariant 1 of `sys::ring` holds. Entries carry the slot key as user data; entries of
//! our own (cancels) carry `OWN`, and tell nobody anything.

use super::bell::{Begin, Bell};
use super::coalesce::Coalesce;
use super::table::{Key, Table};
use super::{Completion, Driver, Kind, Op, Token, Wait, Waited};
use crate::Nanos;
use crate::error::Error;
use crate::limits::{COALESCE_PATIENCE, REAP_AT_DROP};
use crate::op::{Need, Readiness};
use crate::probe::Plan;
use crate::sys::clock;
use crate::sys::fd;
use crate::sys::ring::{Ring, Timeout};
use crate::sys::signal::SigSet;
use io_uring::{opcode, squeue, types};

/// User data of entries that belong to no op.
const OWN: u64 = 1 << 63;

/// User data of the timeout that ends waits for several completions.
const BELL: u64 = OWN | 1;
static PATIENCE: types::Timespec = types::Timespec::new().nsec(COALESCE_PATIENCE as u32);

/// How much deferred work the kernel does at least in one enter that waits for nothing (20 pieces
/// since Linux 6.13, all of it before).
const WORK_PER_ENTER: usize = 16;

/// How long an op with nothing to watch may wait before it is called again. Constants,
/// because the kernel reads them after the pushing function has returned.
static RETRIES: [(Nanos, types::Timespec); 4] = [retry(1), retry(2), retry(5), retry(10)];

const fn retry(ms: u32) -> (Nanos, types::Timespec) {
    let ns = ms * 1_000_000;
    (ns as Nanos, types::Timespec::new().nsec(ns))
}

/// The shortest of them that is not shorter than `time`, or the longest.
fn retry_after(time: Nanos) -> &'static types::Timespec {
    let longest = &RETRIES[RETRIES.len() - 1];
    let found = RETRIES.iter().find(|(length, _)| *length >= time);
    &found.unwrap_or(longest).1
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Kernel,
    Watched,
}

struct Slot {
    op: Op,
    state: State,
    cancelled: bool,
}

/// Ops through io_uring.
pub struct Uring {
    ring: Ring,
    table: Table<Slot>,
    plan: Plan,
    /// Final completions that came without the ring's help or ahead of a wait.
    done: Vec<Completion>,
    /// Multishot polls that the kernel stopped, to be armed again.
    stopped: Vec<Key>,
    coalesce: Coalesce,
    bell: Bell,
}

impl Uring {
    /// Opens a ring as planned; `Err` is the error number.
    pub fn open(plan: Plan) -> Result<Self, i32> {
        Ok(Uring {
            ring: Ring::open(plan.setup, plan.entries, plan.completions)?,
            table: Table::new(),
            plan,
            done: Vec::new(),
            stopped: Vec::new(),
            coalesce: Coalesce::new(),
            bell: Bell::default(),
        })
    }

    /// In the child of a fork: forgets the ring without telling the kernel anything. The
    /// mapping and the descriptor are the child's copies and go; the parent's ops and
    /// memory are untouched. The child's copies of the ops' memory are leaked, because
    /// called by mistake in the parent this would otherwise free what the kernel writes.
    pub fn abandon(mut self) {
        // With an empty table dropping the ring only unmaps and closes.
        std::mem::forget(std::mem::replace(&mut self.table, Table::new()));
    }

    fn push(&mut self, entry: &squeue::Entry) {
        while !self.ring.push(entry) {
            if let Err(errno) = self.ring.submit() {
                self.make_room(errno);
            }
        }
    }

    /// The kernel refused to take entries: its completion queue is full (EBUSY), or
    /// memory is short (EAGAIN). Completions are brought to safety, which makes room.
    fn make_room(&mut self, errno: i32) {
        if errno != libc::EBUSY && errno != libc::EAGAIN && errno != libc::EINTR {
            refuse(errno);
        }
        let mut done = Vec::new();
        self.reap(&mut done);
        // Going on with an op may have come here once more.
        self.done.append(&mut done);
        if let Err(errno) = self.ring.enter(0, None, None) {
            if errno != libc::EBUSY && errno != libc::EAGAIN && errno != libc::EINTR {
                refuse(errno);
            }
        }
    }

    /// Makes the plain call of an op and ends it or watches for what it needs.
    fn attempt(&mut self, key: Key, readiness: Readiness, out: &mut Vec<Completion>) {
        let Some((_, slot)) = self.table.get_mut(key) else {
            return;
        };
        let mut result = slot.op.call(readiness);
        if result == -libc::EAGAIN {
            if slot.cancelled {
                return self.finish(key, -libc::ECANCELED, out);
            }
            let entry = match slot.op.need() {
                Need::Ready { fd, .. } if !fd::pollable(fd) => {
                    result = slot.op.call(Readiness::Always);
                    None
                }
                Need::Ready { fd, events } => {
                    Some(opcode::PollAdd::new(types::Fd(fd), events).build())
                }
                Need::Later(time) => Some(opcode::Timeout::new(retry_after(time)).build()),
                Need::Nothing => None,
            };
            if let Some(entry) = entry {
                slot.state = State::Watched;
                return self.push(&entry.user_data(key.0));
            }
        }
        self.finish(key, result, out);
    }

    fn finish(&mut self, key: Key, result: i32, out: &mut Vec<Completion>) {
        if let Some((token, slot)) = self.table.remove(key) {
            if Coalesce::counts(&slot.op) {
                self.coalesce.ends();
            }
            out.push(Completion {
                token,
                result,
                more: false,
            });
        }
    }

    /// Takes every completion out of the queue.
    fn reap(&mut self, out: &mut Vec<Completion>) {
        let Uring {
            ring,
            table,
            coalesce,
            bell,
            ..
        } = self;
        // Completions that need more than being reported; there are hardly ever any.
        let mut unusual = Vec::new();
        ring.reap(|data, result, more| {
            let Some((token, slot)) = table.get_mut(Key(data)) else {
                if data == BELL {
                    bell.heard(result, more);
                }
                return;
            };
            if more {
                out.push(Completion {
                    token,
                    result,
                    more,
                });
            } else if slot.state == State::Watched || unfinished(slot, result) {
                unusual.push((Key(data), result));
            } else {
                if Coalesce::counts(&slot.op) {
                    coalesce.ends();
                }
                table.remove(Key(data));
                out.push(Completion {
                    token,
                    result,
                    more,
                });
            }
        });
        for (key, result) in unusual {
            self.go_on(key, result, out);
        }
    }

    /// An entry completed, but its op has not.
    fn go_on(&mut self, key: Key, result: i32, out: &mut Vec<Completion>) {
        let Some((token, slot)) = self.table.get_mut(key) else {
            return;
        };
        match slot.state {
            State::Watched if result < 0 && result != -libc::ETIME => {
                self.finish(key, result, out);
            }
            State::Watched => self.attempt(key, Readiness::Reported, out),
            State::Kernel if result > 0 => {
                // A multishot poll that the kernel stopped: the caller does not notice.
                out.push(Completion {
                    token,
                    result,
                    more: true,
                });
                self.stopped.push(key);
            }
            State::Kernel if result == -libc::EINTR => {
                let entry = slot.op.entry().user_data(key.0);
                self.push(&entry);
            }
            State::Kernel => self.attempt(key, Readiness::Unknown, out),
        }
    }

    fn collect(&mut self, out: &mut Vec<Completion>) {
        out.append(&mut self.done);
        self.reap(out);
        while self.ring.overflowed() {
            // Room was made above; this moves what did not fit into it.
            if let Err(errno) = self.ring.enter(0, None, None) {
                return self.make_room(errno);
            }
            self.reap(out);
        }
        for key in std::mem::take(&mut self.stopped) {
            self.restart(key, out);
        }
        if self.bell.stops() {
            let entry = opcode::TimeoutRemove::new(BELL).build();
            self.push_own(entry);
        }
    }

    /// Arms a multishot poll again that the kernel stopped because its completion did not
    /// fit. As long as one completion is waiting for room the kernel stops every other
    /// too, so this is done only after the last was fetched.
    fn restart(&mut self, key: Key, out: &mut Vec<Completion>) {
        match self.table.get_mut(key) {
            Some((_, slot)) if !slot.cancelled => {
                let entry = slot.op.entry().user_data(key.0);
                self.push(&entry);
            }
            // Cancelled while the kernel did not have it: nobody else would end it.
            _ => self.finish(key, -libc::ECANCELED, out),
        }
    }

    /// How many completions to wait for.
    #[inline]
    fn want(&mut self) -> u32 {
        let want = self.coalesce.want(clock::now);
        if want == 1 {
            return 1;
        }
        match self.bell.begin() {
            Begin::Now => want,
            Begin::NotYet { arm: false } => 1,
            Begin::NotYet { arm: true } => {
                let entry = opcode::Timeout::new(&PATIENCE)
                    .flags(types::TimeoutFlags::MULTISHOT)
                    .build();
                self.push(&entry.user_data(BELL));
                1
            }
        }
    }

    /// Pushes an entry that belongs to no op and whose success tells nothing.
    fn push_own(&mut self, entry: squeue::Entry) {
        let mut entry = entry.user_data(OWN);
        if self.plan.skip_success {
            entry = entry.flags(squeue::Flags::SKIP_SUCCESS);
        }
        self.push(&entry);
    }

    fn submit_cancel(&mut self, token: Token, target: Token, op: Op) -> Result<(), Error> {
        let found = self.table.find(target);
        let slot = Slot {
            op,
            state: State::Kernel,
            cancelled: false,
        };
        let key = self.table.insert(token, slot)?;
        let Some(victim) = found else {
            let mut done = std::mem::take(&mut self.done);
            self.finish(key, -libc::ENOENT, &mut done);
            self.done = done;
            return Ok(());
        };
        if let Some((_, slot)) = self.table.get_mut(victim) {
            slot.cancelled = true;
        }
        let entry = opcode::AsyncCancel::new(victim.0).build();
        self.push(&entry.user_data(key.0));
        Ok(())
    }
}

/// Does this result of an op's own entry leave the op unfinished?
#[inline]
fn unfinished(slot: &Slot, result: i32) -> bool {
    if slot.cancelled {
        return false;
    }
    match -result {
        libc::EAGAIN => slot.op.need() != Need::Nothing,
        libc::EINTR => !matches!(slot.op, Op::Close(_)),
        _ => {
            result > 0 && matches!(&slot.op, Op::Poll(poll) if poll.multi && fd::pollable(poll.fd))
        }
    }
}

/// The ring can no longer be used: a defect here, or somebody closed its descriptor.
fn refuse(errno: i32) -> ! {
    panic!(
        "the kernel refuses the ring: {}; was its descriptor closed, or is it used after a fork?",
        crate::error::describe_errno(errno)
    );
}

impl Driver for Uring {
    #[inline]
    fn submit(&mut self, token: Token, op: Op) -> Result<(), Error> {
        if let Op::Cancel(cancel) = &op {
            let target = cancel.target;
            return self.submit_cancel(token, target, op);
        }
        let native = self.plan.verbs[op.verb()];
        let counts = Coalesce::counts(&op);
        let entry = op.entry();
        let key = self.table.insert(
            token,
            Slot {
                op,
                state: State::Kernel,
                cancelled: false,
            },
        )?;
        if counts {
            self.coalesce.begins();
        }
        if native {
            self.push(&entry.user_data(key.0));
        } else {
            let mut done = std::mem::take(&mut self.done);
            self.attempt(key, Readiness::Unknown, &mut done);
            self.done.append(&mut done);
        }
        Ok(())
    }

    fn cancel(&mut self, token: Token) {
        let Some(key) = self.table.find(token) else {
            return;
        };
        if let Some((_, slot)) = self.table.get_mut(key) {
            if slot.cancelled {
                return;
            }
            slot.cancelled = true;
        }
        self.push_own(opcode::AsyncCancel::new(key.0).build());
    }

    fn flush(&mut self) {
        // With deferred work the end of a cancelled op runs in enter, so one is needed even when
        // everything was submitted before; and behind much other work more than one. The
        // bound is for completions that do not fit, which nobody fetches here.
        let mut rounds = 1 + self.table.len() / WORK_PER_ENTER;
        while rounds > 0 && (self.ring.pending() > 0 || self.ring.flagged()) {
            rounds -= 1;
            if let Err(errno) = self.ring.enter(0, None, None) {
                self.make_room(errno);
            }
        }
    }

    fn wait(&mut self, wait: Wait, mask: Option<&SigSet>, out: &mut Vec<Completion>) -> Waited {
        let before = out.len();
        loop {
            self.collect(out);
            let have = out.len() > before;
            let timeout = match wait {
                Wait::Until(at) if self.plan.absolute_waits => Some(Timeout::At(at)),
                Wait::Until(at) => Some(Timeout::For(at.saturating_sub(clock::now()))),
                Wait::Now | Wait::Forever => None,
            };
            let mut want = 1;
            let entered = if have || wait == Wait::Now || timeout == Some(Timeout::For(0)) {
                if self.ring.pending() == 0 && !self.ring.flagged() {
                    return if have {
                        Waited::Events
                    } else {
                        Waited::Deadline
                    };
                }
                self.ring.enter(0, None, None)
            } else {
                want = self.want();
                if !self.done.is_empty() {
                    // Making room for an entry has brought completions.
                    continue;
                }
                self.ring.enter(want, timeout, mask)
            };
            self.collect(out);
            if want > 1 {
                self.coalesce.ended(out.len() - before, want, clock::now);
            }
            if out.len() > before {
                return Waited::Events;
            }
            match entered {
                Ok(_) => {}
                Err(libc::ETIME) => return Waited::Deadline,
                Err(libc::EINTR) => return Waited::Interrupted,
                Err(errno) => {
                    self.make_room(errno);
                    continue;
                }
            }
            match wait {
                Wait::Now => return Waited::Deadline,
                Wait::Until(at) if clock::now() >= at => return Waited::Deadline,
                // Either entries were submitted, so that the call could not say why it
                // returned, or a completion of our own ended the wait, perhaps together
                // with a signal. Waiting on could sleep over that signal.
                _ => return Waited::Interrupted,
            }
        }
    }

    fn in_flight(&self) -> usize {
        self.table.len() + self.done.iter().filter(|done| !done.more).count()
    }

    fn kind(&self) -> Kind {
        Kind::Uring
    }

    fn now(&self) -> Nanos {
        clock::now()
    }
}

impl Drop for Uring {
    /// Waits until the kernel has let go of all memory (contract, point 2).
    fn drop(&mut self) {
        let mut opening = Vec::new();
        for key in self.table.keys() {
            if let Some((token, slot)) = self.table.get_mut(key) {
                slot.cancelled = true;
                if matches!(slot.op, Op::Accept(_) | Op::OpenAt(_)) {
                    opening.push(token);
                }
            }
            self.push_own(opcode::AsyncCancel::new(key.0).build());
        }
        let deadline = clock::now() + REAP_AT_DROP;
        let mut out = Vec::new();
        while self.table.len() > 0 && clock::now() < deadline {
            self.wait(Wait::Until(deadline), None, &mut out);
            for late in out.drain(..) {
                // A descriptor that came in spite of cancelling has no owner any more.
                if late.result >= 0 && opening.contains(&late.token) {
                    fd::close(late.result);
                }
            }
        }
        // What still runs may still write: its memory is given up for good.
        std::mem::forget(std::mem::replace(&mut self.table, Table::new()));
    }
}
