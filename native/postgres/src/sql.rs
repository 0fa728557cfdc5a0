//! What a statement does to the session that runs it, by its first words.
//!
//! The extended protocol takes one statement at a time, so its first word tells what it is. This
//! is no parser: it skips blanks, comments and opening brackets, and knows the commands that
//! must not run on a connection which others share.

/// See the module's description.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Queries and changes of data. What fails was undone by the server, because no function
    /// can commit.
    Data,
    /// Anything else that leaves the session as it is: DDL, CALL, DO, VACUUM.
    Other,
    /// BEGIN, COMMIT, ROLLBACK, SAVEPOINT …
    Transaction,
    /// COPY
    Copy,
    /// Leaves something behind in the session: SET, LISTEN, PREPARE, temporary tables.
    Session,
}

/// Looks at a statement.
pub fn classify(sql: &str) -> Class {
    let mut words = Words(sql);
    let first = words.next();
    match first.as_str() {
        // Nearly all: nothing in them is worth a closer look.
        "select" if !may_stay(words.0) => Class::Data,
        "select" => {
            let words: Vec<String> = std::iter::from_fn(|| Some(words.next()))
                .take_while(|word| !word.is_empty())
                .collect();
            let into_temporary = words
                .windows(2)
                .any(|pair| pair[0] == "into" && ["temp", "temporary"].contains(&pair[1].as_str()));
            // Session-level advisory locks, and settings for longer than a transaction.
            let stays = words.iter().any(|word| {
                [
                    "pg_advisory_lock",
                    "pg_try_advisory_lock",
                    "pg_advisory_lock_shared",
                    "pg_try_advisory_lock_shared",
                    "set_config",
                ]
                .contains(&word.as_str())
            });
            if into_temporary || stays {
                Class::Session
            } else {
                Class::Data
            }
        }
        "insert" | "update" | "delete" | "merge" | "with" | "values" | "table" => Class::Data,
        "begin" | "start" | "commit" | "end" | "rollback" | "abort" | "savepoint" | "release" => {
            Class::Transaction
        }
        "prepare" if words.next() == "transaction" => Class::Transaction,
        "copy" => Class::Copy,
        "set" => match words.next().as_str() {
            "local" | "constraints" | "transaction" => Class::Other,
            _ => Class::Session,
        },
        "create" => {
            let mut second = words.next();
            while ["local", "global", "or", "replace", "unlogged"].contains(&second.as_str()) {
                second = words.next();
            }
            match second.as_str() {
                "temp" | "temporary" => Class::Session,
                _ => Class::Other,
            }
        }
        "prepare" | "deallocate" | "listen" | "unlisten" | "load" | "discard" | "reset"
        | "declare" | "fetch" | "move" | "close" => Class::Session,
        _ => Class::Other,
    }
}

/// Could a SELECT leave something behind?
fn may_stay(text: &str) -> bool {
    let has = |needle: &str| {
        let mut windows = text.as_bytes().windows(needle.len());
        windows.any(|window| window.eq_ignore_ascii_case(needle.as_bytes()))
    };
    has("temp") || has("advisory") || has("set_config")
}

struct Words<'a>(&'a str);

impl Words<'_> {
    /// The next word in lower case; empty at the end.
    fn next(&mut self) -> String {
        loop {
            self.0 = self.0.trim_start_matches(|char: char| {
                !(char.is_alphanumeric() || "_-/'\"$".contains(char))
            });
            let text = self.0;
            if let Some(comment) = text.strip_prefix("--") {
                self.0 = comment.split_once('\n').map_or("", |(_, rest)| rest);
            } else if let Some(comment) = text.strip_prefix("/*") {
                self.0 = after_comment(comment);
            } else if let Some(quoted) = text.strip_prefix('\'') {
                self.0 = quoted.split_once('\'').map_or("", |(_, rest)| rest);
            } else if text.starts_with(['-', '/']) {
                self.0 = &text[1..];
            } else {
                break;
            }
        }
        let text = self.0.trim_start_matches('"');
        let end = text
            .find(|char: char| !(char.is_alphanumeric() || "_$".contains(char)))
            .unwrap_or(text.len());
        self.0 = text[end..].trim_start_matches('"');
        text[..end].to_lowercase()
    }
}

/// Comments nest.
fn after_comment(mut text: &str) -> &str {
    let mut depth = 1;
    while depth > 0 {
        let (open, close) = (text.find("/*"), text.find("*/"));
        match (open, close) {
            (Some(open), Some(close)) if open < close => {
                depth += 1;
                text = &text[open + 2..];
            }
            (_, Some(close)) => {
                depth -= 1;
                text = &text[close + 2..];
            }
            (_, None) => return "",
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_the_first_words() {
        for (sql, class) in [
            ("SELECT 1", Class::Data),
            ("  (select 1) union (select 2)", Class::Data),
            ("-- begin\nSELECT 'begin'", Class::Data),
            ("/* a /* b */ c */ insert into t values (1)", Class::Data),
            ("WITH x AS (SELECT 1) UPDATE t SET a = 1", Class::Data),
            ("BEGIN", Class::Transaction),
            ("start transaction", Class::Transaction),
            ("/**/Commit", Class::Transaction),
            ("prepare transaction 'x'", Class::Transaction),
            ("prepare x as select 1", Class::Session),
            ("COPY t FROM STDIN", Class::Copy),
            ("set local a = 1", Class::Other),
            ("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE", Class::Other),
            ("SET search_path = x", Class::Session),
            ("select set_config('a', 'b', false)", Class::Session),
            ("select pg_catalog.pg_advisory_lock(1)", Class::Session),
            ("select 'pg_advisory_lock'", Class::Data),
            ("select 1 into temp x", Class::Session),
            ("CREATE TEMPORARY TABLE x (a int)", Class::Session),
            ("create or replace temp view x as select 1", Class::Session),
            ("create table x (a int)", Class::Other),
            ("CALL p()", Class::Other),
            ("", Class::Other),
            ("/* not closed", Class::Other),
            ("- / '", Class::Other),
            ("\"", Class::Other),
        ] {
            assert_eq!(classify(sql), class, "{sql}");
        }
    }
}
