//! A process's share of a budget: what pools ask.
//!
//! States of a share: without a line (nothing was taken yet, or this process is a child that
//! forked), or with one. It moves to the second by the first connection it is given.
//!
//! Invariants:
//! 1. The counts of lines of living processes sum to the limit at most, unless the limit was
//!    lowered: then nobody gets anything until they do again.
//! 2. A process changes its own line only, except that under the lock it frees dead ones'.

use crate::limits::{CONNECTIONS, PROCESSES, WISH};
use crate::process::Process;
use crate::table::{Line, Table};
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
        })
    }

    /// One more connection, if the budget has one left. Never waits.
    ///
    /// # Errors
    /// When the table cannot be read or written: nothing was taken.
    pub fn try_take(&self) -> Result<bool, Error> {
        self.settle_fork();
        let Some(locked) = self.table.lock()? else {
            return Ok(false);
        };
        let mut lines = self.table.lines()?;
        let limit = self.table.limit()?;
        let sum = |lines: &[Line]| lines.iter().map(|line| line.count).sum::<u64>();
        let is_full = |lines: &[Line]| lines.len() >= PROCESSES && free_line(lines).is_none();
        if sum(&lines) >= limit || (self.line.get().is_none() && is_full(&lines)) {
            for (index, line) in lines.iter_mut().enumerate() {
                let own = self.line.get() == Some(index);
                if line.owner.pid != 0 && !own && !line.owner.is_alive() {
                    locked.assign(index, None)?;
                    line.owner.pid = 0;
                    line.count = 0;
                }
            }
        }
        // What nobody owns counts for nobody.
        let used: u64 = lines
            .iter()
            .filter(|line| line.owner.pid != 0)
            .map(|line| line.count)
            .sum();
        if used >= limit || (self.line.get().is_none() && is_full(&lines)) {
            self.table.set_wish(clock::now())?;
            return Ok(false);
        }
        let index = match self.line.get() {
            Some(index) => index,
            None => {
                let index = free_line(&lines).unwrap_or(lines.len());
                locked.assign(index, Some(self.me.get()))?;
                self.line.set(Some(index));
                index
            }
        };
        self.table.set_count(index, self.taken.get() + 1)?;
        self.taken.set(self.taken.get() + 1);
        Ok(true)
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

    /// Was anybody refused a moment ago? Then what lies idle is better given back.
    pub fn is_wanted(&self) -> bool {
        let wish = self.table.wish().unwrap_or(0);
        wish != 0 && clock::now().saturating_sub(wish) < WISH
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
        }
    }
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
