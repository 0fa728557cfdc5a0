//! A process's share of a budget: what pools ask.
//!
//! States of a share: without a line (nothing was taken yet, or this process is a child that
//! forked), or with one. It moves to the second by the first connection it is given.
//!
//! Invariants:
//! 1. The counts of lines of living processes sum to the limit at most, unless the limit was
//!    lowered: then nobody gets anything until they do again.
//! 2. A process changes its own line only, except that under the lock it frees dead ones'.
//! 3. Who is refused keeps a place in the order of asking, in its line, as long as it asks again:
//!    whoever came later gets a connection only if one is left for each that came before. Who
//!    was served and wants another goes to the end, so that processes take turns.

use crate::limits::{CONNECTIONS, PROCESSES, WISH_MS};
use crate::process::Process;
use crate::table::{Line, Locked, Table, Wish};
use std::cell::Cell;
use std::path::Path;
use tusk_runtime::error::{Error, Kind};
use tusk_runtime::sys::clock;

/// See the module's description.
#[derive(Debug)]
pub struct Share {
    table: Table,
    me: Cell<Process>,
    line: Cell<Option<usize>>,
    taken: Cell<u64>,
    wishes: Cell<bool>,
}

/// Who else wants a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Want {
    /// Nobody.
    Nobody,
    /// Somebody who has some: what lies idle is better given back.
    Somebody,
    /// Somebody who has none at all: who has several can do with one less.
    Starving,
}

/// What a budget looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State {
    /// Connections that all may have together.
    pub limit: u64,
    /// What living processes have.
    pub used: u64,
    /// What this one has.
    pub own: u64,
}

impl Share {
    /// This process's share of the budget of this name, whose limit becomes `limit`: the last
    /// who opens it decides, so that a reload can change it.
    ///
    /// # Errors
    /// A name or a limit that cannot be; a table that cannot be opened.
    pub fn open(name: &str, limit: u64) -> Result<Share, Error> {
        Share::open_at(&Table::path_of(name)?, limit)
    }

    /// The same for a table in this file.
    ///
    /// # Errors
    /// As above.
    pub fn open_at(path: &Path, limit: u64) -> Result<Share, Error> {
        if limit == 0 || limit > CONNECTIONS {
            let detail = format!("its limit must be between 1 and {CONNECTIONS}, and is {limit}");
            return Err(Error::new(
                Kind::Misuse,
                "share a budget of connections",
                detail,
            ));
        }
        let table = Table::open(path)?;
        table.set_limit(limit)?;
        Ok(Share {
            table,
            me: Cell::new(Process::current()),
            line: Cell::new(None),
            taken: Cell::new(0),
            wishes: Cell::new(false),
        })
    }

    /// One more connection, if the budget has one left for whoever has not waited longest. Never
    /// waits: who is refused asks again within [`WISH_MS`] to keep its place.
    ///
    /// # Errors
    /// When the table cannot be read or written: nothing was taken.
    pub fn try_take(&self) -> Result<bool, Error> {
        self.settle_fork();
        let Some(locked) = self.table.lock()? else {
            return Ok(false);
        };
        let now = now_ms();
        let mut lines = self.table.lines()?;
        let limit = self.table.limit()?;
        if self.is_refused(&lines, limit, now) {
            self.free_the_dead(&locked, &mut lines)?;
        }
        if self.is_refused(&lines, limit, now) {
            self.queue_up(&locked, &lines, now)?;
            return Ok(false);
        }
        let Some(index) = self.own_line(&locked, &lines)? else {
            return Ok(false);
        };
        self.table.set_count(index, self.taken.get() + 1)?;
        self.taken.set(self.taken.get() + 1);
        self.withdraw();
        Ok(true)
    }

    /// Is everything spent, or is what is left for those who waited before?
    fn is_refused(&self, lines: &[Line], limit: u64, now: u32) -> bool {
        let own = self.line.get();
        let full = own.is_none() && lines.len() >= PROCESSES && free_line(lines).is_none();
        // What nobody owns counts for nobody.
        let owned = || {
            lines
                .iter()
                .enumerate()
                .filter(|(_, line)| line.owner.pid != 0)
        };
        let used: u64 = owned().map(|(_, line)| line.count).sum();
        let waited = |index: usize| {
            let line = lines.get(index)?;
            let wish = line.wish.filter(|wish| is_fresh(*wish, now))?;
            Some((now.wrapping_sub(wish.since), std::cmp::Reverse(index)))
        };
        let mine = own.and_then(waited);
        let before = owned()
            .filter(|(index, _)| Some(*index) != own)
            .filter_map(|(index, _)| waited(index))
            .filter(|theirs| mine.is_none_or(|mine| *theirs > mine))
            .count();
        full || used + before as u64 >= limit
    }

    fn free_the_dead(&self, locked: &Locked<'_>, lines: &mut [Line]) -> Result<(), Error> {
        for (index, line) in lines.iter_mut().enumerate() {
            let own = self.line.get() == Some(index);
            if line.owner.pid != 0 && !own && !line.owner.is_alive() {
                locked.assign(index, None)?;
                (line.owner.pid, line.count, line.wish) = (0, 0, None);
            }
        }
        Ok(())
    }

    /// Takes its place behind those who wait, or keeps it.
    fn queue_up(&self, locked: &Locked<'_>, lines: &[Line], now: u32) -> Result<(), Error> {
        let Some(index) = self.own_line(locked, lines)? else {
            return Ok(());
        };
        let wish = lines.get(index).and_then(|line| line.wish);
        let kept = wish.filter(|wish| self.wishes.get() && is_fresh(*wish, now));
        let since = kept.map_or(now, |wish| wish.since);
        self.wishes.set(true);
        self.table.set_wish(index, Some(Wish { since, asked: now }))
    }

    /// This process's line, taken if it has none; `None`: there is no more room.
    fn own_line(&self, locked: &Locked<'_>, lines: &[Line]) -> Result<Option<usize>, Error> {
        if let Some(index) = self.line.get() {
            return Ok(Some(index));
        }
        let index = free_line(lines).unwrap_or(lines.len());
        if index >= PROCESSES {
            return Ok(None);
        }
        locked.assign(index, Some(self.me.get()))?;
        self.line.set(Some(index));
        Ok(Some(index))
    }

    /// It does not wait any more: those behind it need not wait for its turn.
    pub fn withdraw(&self) {
        self.settle_fork();
        if let (true, Some(index)) = (self.wishes.replace(false), self.line.get()) {
            let _ = self.table.set_wish(index, None);
        }
    }

    /// One less. In the child of a fork: nothing, what the parent has is the parent's.
    pub fn give_back(&self) {
        self.settle_fork();
        let Some(line) = self.line.get() else { return };
        let left = self.taken.get().saturating_sub(1);
        self.taken.set(left);
        // A table that cannot be written any more is as good as gone; so is the share in it.
        let _ = self.table.set_count(line, left);
    }

    /// Does anybody else wait? A table that cannot be read says no.
    pub fn wanted(&self) -> Want {
        let now = now_ms();
        let own = self.line.get();
        let mut want = Want::Nobody;
        for (index, line) in self.table.lines().unwrap_or_default().iter().enumerate() {
            let waits = line.wish.is_some_and(|wish| is_fresh(wish, now));
            if line.owner.pid == 0 || Some(index) == own || !waits {
                continue;
            }
            if line.count == 0 {
                return Want::Starving;
            }
            want = Want::Somebody;
        }
        want
    }

    /// What it looks like now.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub fn state(&self) -> Result<State, Error> {
        self.settle_fork();
        let lines = self.table.lines()?;
        let living = lines
            .iter()
            .filter(|line| line.owner.pid != 0 && line.owner.is_alive());
        Ok(State {
            limit: self.table.limit()?,
            used: living.map(|line| line.count).sum(),
            own: self.taken.get(),
        })
    }

    /// The child of a fork begins without a line.
    fn settle_fork(&self) {
        if self.me.get().pid != std::process::id() {
            self.me.set(Process::current());
            self.line.set(None);
            self.taken.set(0);
            self.wishes.set(false);
        }
    }
}

/// The monotonic clock, which all processes share, in milliseconds.
fn now_ms() -> u32 {
    (clock::now() / 1_000_000) as u32
}

/// Was it asked for a moment ago? A time that lies in the future by a little is one that was
/// written after we looked at the clock.
fn is_fresh(wish: Wish, now: u32) -> bool {
    let age = now.wrapping_sub(wish.asked);
    !(WISH_MS..=u32::MAX - WISH_MS).contains(&age)
}

fn free_line(lines: &[Line]) -> Option<usize> {
    lines.iter().position(|line| line.owner.pid == 0)
}

impl Drop for Share {
    /// What is left of it goes back at once.
    fn drop(&mut self) {
        self.settle_fork();
        if let Some(index) = self.line.get() {
            let _ = self.table.set_count(index, 0);
            if let Ok(Some(locked)) = self.table.lock() {
                let _ = locked.assign(index, None);
            }
        }
    }
}
