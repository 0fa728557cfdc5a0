//! Statements that a connection keeps prepared.
//!
//! States of a text, with the types of its parameters: *new*; *seen*, when it has run once; *kept*, from
//! its second run on, in which it was prepared; and *plain*, when it could not be: that is not tried
//! again. What runs once costs no round trip for being prepared.
//!
//! Only plain statements whose columns cannot change are kept ([`may_be_kept`]): drivers go on with the
//! columns of when it was prepared (SQLite's), or fail when they have fetched others (MariaDB's).
//!
//! The types belong to it, because drivers take them for those of the prepared statement.

use crate::limits::SEEN;
use crate::session::Run;
use std::collections::VecDeque;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;

/// A text and the types of its parameters.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    sql: String,
    kinds: Vec<u8>,
}

impl Key {
    pub(crate) fn of(run: &Run) -> Key {
        Key {
            sql: run.sql.clone(),
            kinds: run.parameters.iter().map(|one| one.kind()).collect(),
        }
    }
}

/// What is worth it, and has the same columns whenever it runs. Procedures and `SELECT *` have not.
pub(crate) fn may_be_kept(sql: &str) -> bool {
    const PLAIN: [&str; 8] = [
        "SELECT", "INSERT", "UPDATE", "DELETE", "MERGE", "REPLACE", "WITH", "VALUES",
    ];
    let word: &str = sql
        .trim_start()
        .split(|c: char| !c.is_ascii_alphabetic())
        .next()
        .unwrap_or("");
    let all_columns = |(at, _)| !sql[..at].trim_end().ends_with('(');
    PLAIN.iter().any(|plain| plain.eq_ignore_ascii_case(word))
        && !sql.match_indices('*').any(all_columns)
}

/// See the module's description. `S` is a statement.
pub(crate) struct Kept<S> {
    most: usize,
    /// The one that was used last comes last.
    statements: VecDeque<(Key, S)>,
    seen: VecDeque<(u64, Seen)>,
    hasher: RandomState,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Seen {
    Once,
    Plain,
}

impl<S> Kept<S> {
    /// Keeps so many; 0: none.
    pub(crate) fn new(most: usize) -> Kept<S> {
        Kept {
            most,
            statements: VecDeque::new(),
            seen: VecDeque::new(),
            hasher: RandomState::new(),
        }
    }

    /// Does it keep any?
    pub(crate) fn is_on(&self) -> bool {
        self.most > 0
    }

    /// Takes out a statement to run it.
    pub(crate) fn take(&mut self, key: &Key) -> Option<S> {
        let index = self.statements.iter().position(|(other, _)| other == key)?;
        self.statements
            .remove(index)
            .map(|(_, statement)| statement)
    }

    /// A text that is not kept is about to run. Is it to be prepared?
    pub(crate) fn is_due(&mut self, key: &Key) -> bool {
        let hash = self.hasher.hash_one(key);
        let found = self.seen.iter().position(|&(other, _)| other == hash);
        match found.map(|index| (index, self.seen[index].1)) {
            Some((_, Seen::Plain)) => false,
            Some((index, Seen::Once)) => {
                self.seen.remove(index);
                true
            }
            None => {
                self.note(hash, Seen::Once);
                false
            }
        }
    }

    /// It could not be prepared.
    pub(crate) fn not_this(&mut self, key: &Key) {
        self.note(self.hasher.hash_one(key), Seen::Plain);
    }

    fn note(&mut self, hash: u64, seen: Seen) {
        if self.seen.len() >= SEEN {
            self.seen.pop_front();
        }
        self.seen.push_back((hash, seen));
    }

    /// Puts a statement in, which is at rest. What there is no room for is freed.
    pub(crate) fn put(&mut self, key: Key, statement: S) {
        while self.statements.len() >= self.most {
            if self.statements.pop_front().is_none() {
                return;
            }
        }
        self.statements.push_back((key, statement));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Parameter;

    fn key(sql: &str, parameters: Vec<Parameter>) -> Key {
        Key::of(&Run {
            sql: sql.to_owned(),
            parameters,
            blocks: false,
            all_results: true,
        })
    }

    #[test]
    fn columns_that_may_change_are_not_kept() {
        for sql in [
            " select a, count(*) FROM t",
            "INSERT INTO t VALUES (?)",
            "WITH q AS (SELECT 1 AS a) SELECT a FROM q",
        ] {
            assert!(may_be_kept(sql), "{sql}");
        }
        for sql in [
            "SELECT * FROM t",
            "SELECT t.* FROM t",
            "INSERT INTO t VALUES (1) RETURNING *",
            "CALL p()",
            "{CALL p(?)}",
            "CREATE TABLE t (a INT)",
            "",
            "*",
        ] {
            assert!(!may_be_kept(sql), "{sql}");
        }
    }

    #[test]
    fn the_second_run_prepares_and_the_third_finds_it() {
        let mut kept = Kept::new(2);
        let one = key("SELECT ?", vec![Parameter::Int(1)]);
        assert!(kept.take(&one).is_none() && !kept.is_due(&one));
        assert!(kept.take(&one).is_none() && kept.is_due(&one));
        kept.put(one.clone(), 1);
        assert_eq!(kept.take(&one), Some(1));
        // While it is out, nobody finds it: it is new again.
        assert!(kept.take(&one).is_none() && !kept.is_due(&one));
    }

    #[test]
    fn parameters_of_other_types_are_another_statement() {
        let mut kept = Kept::new(2);
        kept.put(key("SELECT ?", vec![Parameter::Int(1)]), 1);
        assert!(kept.take(&key("SELECT ?", vec![Parameter::Null])).is_none());
        assert!(kept.take(&key("SELECT ?", vec![])).is_none());
        assert_eq!(
            kept.take(&key("SELECT ?", vec![Parameter::Int(7)])),
            Some(1)
        );
    }

    #[test]
    fn the_least_recently_used_goes() {
        let mut kept = Kept::new(2);
        let keys: Vec<Key> = (0..3)
            .map(|n| key(&format!("SELECT {n}"), vec![]))
            .collect();
        kept.put(keys[0].clone(), 0);
        kept.put(keys[1].clone(), 1);
        let zero = kept.take(&keys[0]).expect("kept");
        kept.put(keys[0].clone(), zero);
        kept.put(keys[2].clone(), 2);
        assert_eq!(kept.take(&keys[1]), None);
        assert_eq!(
            (kept.take(&keys[0]), kept.take(&keys[2])),
            (Some(0), Some(2))
        );
    }

    #[test]
    fn what_cannot_be_prepared_is_not_tried_again() {
        let mut kept: Kept<i32> = Kept::new(2);
        let one = key("USE shop", vec![]);
        assert!(!kept.is_due(&one) && kept.is_due(&one));
        kept.not_this(&one);
        assert!(!kept.is_due(&one) && !kept.is_due(&one));
    }

    #[test]
    fn none_are_kept_when_none_shall_be_and_memory_is_bounded() {
        let mut kept = Kept::new(0);
        kept.put(key("SELECT 1", vec![]), 1);
        assert!(!kept.is_on() && kept.take(&key("SELECT 1", vec![])).is_none());
        let mut kept: Kept<i32> = Kept::new(1);
        for n in 0..SEEN * 3 {
            kept.is_due(&key(&format!("SELECT {n}"), vec![]));
        }
        assert_eq!(kept.seen.len(), SEEN);
    }
}
