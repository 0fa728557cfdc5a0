//! What a statement does to the session that runs it, by its first words.
//!
//! Databases differ, so this knows the words of many; it is no parser, and does not know what
//! a procedure does inside. What it does not know counts as harmless.

/// See the module's description.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Leaves the session as it is.
    Plain,
    /// Leaves something behind: a setting, a temporary table, another database, a lock.
    Session,
    /// Begins or ends a transaction, or has every statement begin one.
    Transaction,
}

/// Functions that take locks which outlive the transaction.
const LOCKS: [&str; 6] = [
    "pg_advisory_lock",
    "pg_try_advisory_lock",
    "get_lock",
    "sp_getapplock",
    "dbms_lock",
    "dbms_session",
];

/// Looks at a statement.
pub fn classify(sql: &str) -> Class {
    let mut words = Words(sql);
    let first = words.next();
    let second = words.clone().next();
    let temporary = ["temp", "temporary"].contains(&second.as_str());
    let class = |is: bool| if is { Class::Session } else { Class::Plain };
    match first.as_str() {
        "set" => match second.as_str() {
            "transaction" | "local" | "constraints" | "statement" | "global" | "persist" => {
                Class::Plain
            }
            "autocommit" | "@@autocommit" | "implicit_transactions" | "session"
                if second != "session" || words.nth(1).starts_with("autocommit") =>
            {
                Class::Transaction
            }
            _ => Class::Session,
        },
        "use" | "database" | "prepare" | "deallocate" | "listen" | "unlisten" | "discard"
        | "reset" | "attach" | "detach" => Class::Session,
        "alter" => class(second == "session"),
        "pragma" => class(sql.contains('=')),
        "lock" | "unlock" => class(second == "tables"),
        "declare" => class(words.any(|word| word == "temporary")),
        "create" => {
            let mut word = words.next();
            while ["or", "replace", "global", "local", "unlogged", "volatile"]
                .contains(&word.as_str())
            {
                word = words.next();
            }
            // Tables of Sybase and SQL Server that begin with # are one session's.
            let own = word == "table" && words.next().starts_with('#');
            class(own || ["temp", "temporary"].contains(&word.as_str()))
        }
        "begin" => match second.as_str() {
            "" | "work" | "transaction" | "tran" | "immediate" | "deferred" | "exclusive"
            | "isolation" => Class::Transaction,
            // A block of Oracle's or DM's language.
            _ => Class::Plain,
        },
        "start" => match second.as_str() {
            "transaction" => Class::Transaction,
            _ => Class::Plain,
        },
        "rollback" if words.any(|word| word == "to") => Class::Plain,
        "commit" | "rollback" | "abort" | "end" => Class::Transaction,
        "select" | "with" | "values" | "exec" | "execute" | "call" | "do" | "insert" => {
            class(temporary || leaves_something(sql))
        }
        _ => Class::Plain,
    }
}

/// Could a query leave something behind? Nearly all are through after the first look.
fn leaves_something(sql: &str) -> bool {
    let lower = sql.to_ascii_lowercase();
    if LOCKS.iter().any(|lock| lower.contains(lock)) {
        return true;
    }
    if !lower.contains("into") {
        return false;
    }
    let words: Vec<String> = Words(sql).take_all();
    words.windows(2).any(|pair| {
        let own = ["temp", "temporary"].contains(&pair[1].as_str()) || pair[1].starts_with('#');
        pair[0] == "into" && own
    })
}

#[derive(Clone)]
struct Words<'a>(&'a str);

impl Words<'_> {
    /// The next word in lower case; empty at the end. Comments and quoted text are none.
    fn next(&mut self) -> String {
        let is_part = |letter: char| letter.is_alphanumeric() || "_$#@".contains(letter);
        loop {
            let text = self.0;
            if let Some(comment) = text.strip_prefix("--") {
                self.0 = comment.split_once('\n').map_or("", |(_, rest)| rest);
            } else if let Some(comment) = text.strip_prefix("/*") {
                self.0 = comment.split_once("*/").map_or("", |(_, rest)| rest);
            } else if let Some(quoted) = text.strip_prefix('\'') {
                self.0 = quoted.split_once('\'').map_or("", |(_, rest)| rest);
            } else if text.starts_with(is_part) || text.is_empty() {
                break;
            } else {
                self.0 = text
                    .get(text.chars().next().map_or(0, char::len_utf8)..)
                    .unwrap_or("");
            }
        }
        let end = self
            .0
            .find(|letter| !is_part(letter))
            .unwrap_or(self.0.len());
        let word = self.0[..end].to_lowercase();
        self.0 = &self.0[end..];
        word
    }

    fn nth(&mut self, count: usize) -> String {
        for _ in 0..count {
            self.next();
        }
        self.next()
    }

    fn any(&mut self, wanted: impl Fn(&str) -> bool) -> bool {
        loop {
            let word = self.next();
            if word.is_empty() {
                return false;
            }
            if wanted(&word) {
                return true;
            }
        }
    }

    fn take_all(mut self) -> Vec<String> {
        let words = std::iter::from_fn(|| Some(self.next()));
        words.take_while(|word| !word.is_empty()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_the_first_words() {
        use Class::{Plain, Session, Transaction};
        for (sql, class) in [
            ("SELECT 1", Plain),
            ("select 'into temp x'", Plain),
            ("SELECT a INTO b FROM c", Plain),
            ("SELECT a INTO TEMP b FROM c", Session),
            ("select * from t into temp x", Session),
            ("SELECT a INTO #b FROM c", Session),
            ("SELECT GET_LOCK('x', 1)", Session),
            ("-- begin\n/* set */ (select 1)", Plain),
            ("SET search_path = x", Session),
            ("SET NAMES utf8mb4", Session),
            ("SET SESSION sql_mode = ''", Session),
            ("SET LOCAL work_mem = 1", Plain),
            ("set transaction read only", Plain),
            ("SET GLOBAL x = 1", Plain),
            ("SET AUTOCOMMIT = 0", Transaction),
            ("set session autocommit=0", Transaction),
            ("SET @@autocommit = 0", Transaction),
            ("SET IMPLICIT_TRANSACTIONS ON", Transaction),
            ("USE other", Session),
            ("ALTER SESSION SET NLS_DATE_FORMAT = 'x'", Session),
            ("ALTER TABLE t ADD c int", Plain),
            ("PRAGMA table_info(t)", Plain),
            ("PRAGMA foreign_keys = 1", Session),
            ("LOCK TABLES t WRITE", Session),
            ("LOCK TABLE t IN EXCLUSIVE MODE", Plain),
            ("CREATE TEMPORARY TABLE t (a int)", Session),
            ("CREATE GLOBAL TEMPORARY TABLE t (a int)", Session),
            ("create or replace temp view v as select 1", Session),
            ("CREATE TABLE #t (a int)", Session),
            ("CREATE TABLE t (a int)", Plain),
            ("DECLARE GLOBAL TEMPORARY TABLE t (a int)", Session),
            ("DECLARE x INT; BEGIN NULL; END;", Plain),
            ("BEGIN", Transaction),
            ("begin;", Transaction),
            ("BEGIN TRAN", Transaction),
            ("BEGIN IMMEDIATE", Transaction),
            ("BEGIN UPDATE t SET a = 1; END;", Plain),
            ("BEGIN p(1); END;", Plain),
            ("start transaction", Transaction),
            ("COMMIT", Transaction),
            ("ROLLBACK WORK", Transaction),
            ("ROLLBACK TO SAVEPOINT s", Plain),
            ("SAVEPOINT s", Plain),
            ("{call p(?)}", Plain),
            ("INSERT INTO t VALUES ('into #x')", Plain),
            ("更新", Plain),
            ("", Plain),
            ("'", Plain),
            ("/*", Plain),
        ] {
            assert_eq!(classify(sql), class, "{sql}");
        }
    }
}
