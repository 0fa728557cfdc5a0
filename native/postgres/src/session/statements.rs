//! What a session knows of statements: their parameters, their columns, their names.
//!
//! ```text
//!   unknown ──prepare──▶ Preparing ──ready──▶ Ready ──forget, the oldest at the bound──▶ unknown
//!                          │ failed: all who wait get the error
//!                          ▼
//!                        unknown
//! ```

use std::collections::HashMap;
use std::rc::Rc;

use crate::job::{Column, Ticket};
use crate::limits;

/// What is known of one.
#[derive(Clone, Debug)]
pub(super) struct Statement {
    /// Empty when it must be parsed again each time.
    pub(super) name: Rc<str>,
    pub(super) parameters: Rc<[u32]>,
    pub(super) columns: Rc<[Column]>,
}

#[derive(Debug)]
enum Entry {
    Preparing { name: Rc<str>, waiting: Vec<Ticket> },
    Ready { statement: Statement, used: u64 },
}

/// See the module's description.
#[derive(Debug)]
pub(super) struct Statements {
    bound: usize,
    entries: HashMap<Rc<str>, Entry>,
    numbers: u64,
    uses: u64,
}

impl Statements {
    pub(super) fn new(bound: usize) -> Statements {
        Statements {
            bound,
            entries: HashMap::new(),
            numbers: 0,
            uses: 0,
        }
    }

    /// Are statements kept in the server?
    pub(super) fn are_named(&self) -> bool {
        self.bound > 0
    }

    /// A statement that is ready.
    pub(super) fn get(&mut self, sql: &str) -> Option<Statement> {
        self.uses += 1;
        match self.entries.get_mut(sql) {
            Some(Entry::Ready { statement, used }) => {
                *used = self.uses;
                Some(statement.clone())
            }
            _ => None,
        }
    }

    /// Somebody waits until it is ready. Its name, if this is the first who does.
    pub(super) fn wait_for(&mut self, sql: &Rc<str>, ticket: Ticket) -> Option<Rc<str>> {
        if let Some(Entry::Preparing { waiting, .. }) = self.entries.get_mut(sql) {
            waiting.push(ticket);
            return None;
        }
        let name: Rc<str> = if self.are_named() {
            self.numbers += 1;
            format!("tusk_{}", self.numbers).into()
        } else {
            "".into()
        };
        let entry = Entry::Preparing {
            name: Rc::clone(&name),
            waiting: vec![ticket],
        };
        self.entries.insert(Rc::clone(sql), entry);
        Some(name)
    }

    /// Does this job wait until it is ready?
    pub(super) fn waits_for(&self, sql: &str, ticket: &Ticket) -> bool {
        match self.entries.get(sql) {
            Some(Entry::Preparing { waiting, .. }) => {
                waiting.iter().any(|other| Rc::ptr_eq(other, ticket))
            }
            _ => false,
        }
    }

    /// Is it being prepared for nobody who still wants it?
    pub(super) fn is_unwanted(&self, sql: &str) -> bool {
        match self.entries.get(sql) {
            Some(Entry::Preparing { waiting, .. }) => {
                waiting.iter().all(|ticket| !ticket.is_wanted())
            }
            _ => false,
        }
    }

    /// It is ready: who waited, and the name of one that makes room for it.
    pub(super) fn ready(
        &mut self,
        sql: &Rc<str>,
        parameters: Rc<[u32]>,
        columns: Rc<[Column]>,
    ) -> (Vec<Ticket>, Option<Rc<str>>) {
        let Some(Entry::Preparing { name, waiting }) = self.entries.remove(sql) else {
            return (Vec::new(), None);
        };
        self.uses += 1;
        let statement = Statement {
            name,
            parameters,
            columns,
        };
        let used = self.uses;
        self.entries
            .insert(Rc::clone(sql), Entry::Ready { statement, used });
        (waiting, self.evict(sql))
    }

    /// Preparing it failed: who waited.
    pub(super) fn failed(&mut self, sql: &str) -> Vec<Ticket> {
        match self.entries.remove(sql) {
            Some(Entry::Preparing { waiting, .. }) => waiting,
            _ => Vec::new(),
        }
    }

    /// It is not used any more; its name, if the server has it.
    pub(super) fn forget(&mut self, sql: &str) -> Option<Rc<str>> {
        if !matches!(self.entries.get(sql), Some(Entry::Ready { .. })) {
            return None;
        }
        match self.entries.remove(sql) {
            Some(Entry::Ready { statement, .. }) => {
                Some(statement.name).filter(|name| !name.is_empty())
            }
            _ => None,
        }
    }

    /// The server has forgotten all.
    pub(super) fn clear(&mut self) {
        self.entries
            .retain(|_, entry| matches!(entry, Entry::Preparing { .. }));
    }

    /// How many jobs wait.
    pub(super) fn waiting(&self) -> usize {
        let mut waiting = 0;
        for entry in self.entries.values() {
            if let Entry::Preparing { waiting: jobs, .. } = entry {
                // The flight counts for one.
                waiting += jobs.len().saturating_sub(1);
            }
        }
        waiting
    }

    /// The connection is gone: everybody who waits.
    pub(super) fn take_waiting(&mut self) -> Vec<Ticket> {
        let mut all = Vec::new();
        for (_, entry) in self.entries.drain() {
            if let Entry::Preparing { waiting, .. } = entry {
                all.extend(waiting);
            }
        }
        all
    }

    fn evict(&mut self, newest: &Rc<str>) -> Option<Rc<str>> {
        // Without names nothing is held in the server, and what is known is bounded as by default.
        let bound = if self.are_named() {
            self.bound
        } else {
            limits::STATEMENTS
        };
        let mut ready = 0;
        let mut oldest: Option<(&Rc<str>, u64)> = None;
        for (sql, entry) in &self.entries {
            if let Entry::Ready { used, .. } = entry {
                ready += 1;
                if !Rc::ptr_eq(sql, newest) && oldest.is_none_or(|(_, least)| *used < least) {
                    oldest = Some((sql, *used));
                }
            }
        }
        let (sql, _) = oldest.filter(|_| ready > bound)?;
        let sql = Rc::clone(sql);
        self.forget(&sql)
    }
}
