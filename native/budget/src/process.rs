//! Names for processes that are never given to another: number and time of birth.
//!
//! A number alone comes back after some ten thousand forks. A process that has ended but was
//! not waited for (a zombie) counts as dead: the kernel has closed its sockets.

use std::fs;

/// A process. Never all zeroes for one that lives: 0 is a free line of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Process {
    /// Its number.
    pub pid: u32,
    /// When it began, in the kernel's ticks since boot; 0: /proc does not say.
    pub born: u64,
}

impl Process {
    /// This one.
    pub fn current() -> Process {
        let pid = std::process::id();
        Process {
            pid,
            born: look(pid).map_or(0, |(_, born)| born),
        }
    }

    /// Does it live? When nobody can tell, it does.
    pub fn is_alive(self) -> bool {
        match look(self.pid) {
            Some((state, born)) => {
                !matches!(state, b'Z' | b'X') && (self.born == 0 || born == self.born)
            }
            // Without /proc nothing can be told of anybody, not even of ourselves.
            None => look(std::process::id()).is_none(),
        }
    }
}

/// State and time of birth.
fn look(pid: u32) -> Option<(u8, u64)> {
    parse(&fs::read(format!("/proc/{pid}/stat")).ok()?)
}

/// `/proc/<pid>/stat`: the name in the second field may hold anything, blanks and parentheses
/// too, so fields are counted from the last one that closes.
fn parse(stat: &[u8]) -> Option<(u8, u64)> {
    let end = stat.iter().rposition(|&byte| byte == b')')?;
    let rest = std::str::from_utf8(stat.get(end + 1..)?).ok()?;
    let mut fields = rest.split_ascii_whitespace();
    let state = *fields.next()?.as_bytes().first()?;
    // The state is field 3, the time of birth field 22.
    Some((state, fields.nth(18)?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_counted_behind_the_name() {
        let stat = b"7 (a) R (b) S 1 7 7 0 -1 4194560 9 0 0 0 1 2 0 0 20 0 1 0 4242 100 5";
        assert_eq!(parse(stat), Some((b'S', 4242)));
        assert_eq!(parse(b"7 (a) S 1"), None);
        assert_eq!(parse(b""), None);
    }

    #[test]
    fn a_number_that_was_given_out_anew_is_another_process() {
        let me = Process::current();
        assert!(me.is_alive());
        let before = Process {
            born: me.born.wrapping_sub(1),
            ..me
        };
        assert!(!before.is_alive());
        let nobody = Process {
            pid: u32::MAX,
            born: 1,
        };
        assert!(!nobody.is_alive());
    }
}
