//! The table in shared memory.
//!
//! ```text
//! 0   magic, limit                8 bytes each
//! 64  pid, born, count, wish      8 bytes each, a line for each pool of each process
//! ```
//! A wish is one number, so that nobody reads half of it: since when its owner waits for one
//! more connection, and when it last asked, both in milliseconds of the monotonic clock that all
//! processes of a machine share; 0: it waits for none.
//!
//! Who may change what: under the lock, whoever takes a free line, or frees that of a process
//! that is dead. Without it, a process lowers the count of its own line and takes back its own
//! wish. So a count that is read under the lock is at most too high, and the limit holds.
//!
//! The lock is the kernel's (`fcntl`), by process: it ends with its holder, and a child of a
//! fork does not have its parent's.

use crate::limits::{LOCK_TRIES, NAME_BYTES, PROCESSES};
use crate::process::Process;
use std::fs::{File, OpenOptions};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use tusk_runtime::error::{Error, Kind};
use tusk_runtime::sys::file;

const MAGIC: u64 = u64::from_le_bytes(*b"TuskBud1");
const LINES_FROM: u64 = 64;
const LINE: u64 = 32;

/// A line: whose, and how many connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its owner; a pid of 0: nobody's.
    pub owner: Process,
    /// Its share.
    pub count: u64,
    /// Since when it waits for one more.
    pub wish: Option<Wish>,
}

/// Somebody waits for one more connection. Times wrap every 49 days, so they are compared by
/// their distance from now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wish {
    /// Since then, in milliseconds.
    pub since: u32,
    /// It was asked for again then.
    pub asked: u32,
}

impl Wish {
    fn from_word(word: u64) -> Option<Wish> {
        (word != 0).then_some(Wish {
            since: (word >> 32) as u32,
            asked: word as u32,
        })
    }

    fn word(self) -> u64 {
        // Zero is nobody's wish; a millisecond more or less is nothing.
        u64::from(self.since) << 32 | u64::from(self.asked.max(1))
    }
}

/// An open table.
#[derive(Debug)]
pub struct Table {
    file: File,
    path: PathBuf,
}

/// The lock, until it is dropped.
pub struct Locked<'t>(&'t Table);

fn broken(path: &Path, what: impl std::fmt::Display) -> Error {
    Error::new(
        Kind::System,
        "share a budget of connections",
        format!("{}: {what}", path.display()),
    )
    .hint("remove the file while no worker runs, or choose another name")
}

impl Table {
    /// Where the table of this name lies: in memory, where the system has a folder for that.
    pub fn path_of(name: &str) -> Result<PathBuf, Error> {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        if name.is_empty() || name.len() > NAME_BYTES || !name.bytes().all(fits) {
            let what = format!(
                "its name must be 1 to {NAME_BYTES} letters, digits, points, dashes and underscores"
            );
            return Err(Error::new(
                Kind::Misuse,
                "share a budget of connections",
                what,
            ));
        }
        let memory = Path::new("/dev/shm");
        let folder = match memory.is_dir() {
            true => memory.to_path_buf(),
            false => std::env::temp_dir(),
        };
        Ok(folder.join(format!("tusk-budget-{}-{name}", file::effective_user())))
    }

    /// Opens it, made if it is not there.
    ///
    /// # Errors
    /// When it cannot be, or is somebody else's, or others may write to it.
    pub fn open(path: &Path) -> Result<Table, Error> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).mode(0o600);
        options.custom_flags(libc::O_NOFOLLOW | libc::O_CLOEXEC);
        let file = options.open(path).map_err(|error| broken(path, error))?;
        let is = file.metadata().map_err(|error| broken(path, error))?;
        let ours = is.file_type().is_file()
            && is.uid() == file::effective_user()
            && is.mode() & 0o077 == 0
            && is.nlink() == 1;
        if !ours {
            return Err(broken(path, "it is not a file of ours alone (0600)"));
        }
        let table = Table {
            file,
            path: path.to_path_buf(),
        };
        if table.read(0)? != MAGIC {
            table.found(is.len())?;
        }
        Ok(table)
    }

    /// Begins a table that is new.
    fn found(&self, length: u64) -> Result<(), Error> {
        let Some(_locked) = self.lock()? else {
            return Err(broken(&self.path, "another process has it locked"));
        };
        match self.read(0)? {
            MAGIC => Ok(()),
            0 if length == 0 || length <= LINES_FROM => self.write(0, MAGIC),
            _ => Err(broken(&self.path, "it is no table of this version")),
        }
    }

    /// What lies beyond the end is zero.
    fn read(&self, at: u64) -> Result<u64, Error> {
        let mut bytes = [0; 8];
        match self.file.read_at(&mut bytes, at) {
            Ok(8) => Ok(u64::from_le_bytes(bytes)),
            Ok(_) => Ok(0),
            Err(error) => Err(broken(&self.path, error)),
        }
    }

    fn write(&self, at: u64, number: u64) -> Result<(), Error> {
        let written = self.file.write_all_at(&number.to_le_bytes(), at);
        written.map_err(|error| broken(&self.path, error))
    }

    /// The lock; `None`: another process has it.
    ///
    /// # Errors
    /// When the file system has no locks.
    pub fn lock(&self) -> Result<Option<Locked<'_>>, Error> {
        for _ in 0..LOCK_TRIES {
            match file::try_lock(self.file.as_raw_fd()) {
                0 => return Ok(Some(Locked(self))),
                busy if busy == -libc::EAGAIN || busy == -libc::EACCES => std::thread::yield_now(),
                errno => {
                    return Err(Error::from_errno(
                        "share a budget of connections",
                        -errno,
                        format!("{}: its file system has no locks", self.path.display()),
                    ));
                }
            }
        }
        Ok(None)
    }

    /// The limit that was set last.
    ///
    /// # Errors
    /// When the file cannot be read, as everywhere below.
    pub fn limit(&self) -> Result<u64, Error> {
        self.read(8)
    }

    /// Sets it for all.
    pub fn set_limit(&self, limit: u64) -> Result<(), Error> {
        self.write(8, limit)
    }

    fn line_at(index: usize) -> u64 {
        LINES_FROM + LINE * index as u64
    }

    /// All lines up to the last that was ever used.
    pub fn lines(&self) -> Result<Vec<Line>, Error> {
        let mut bytes = vec![0; PROCESSES * LINE as usize];
        let mut have = 0;
        while have < bytes.len() {
            let read = self
                .file
                .read_at(&mut bytes[have..], LINES_FROM + have as u64);
            match read.map_err(|error| broken(&self.path, error))? {
                0 => break,
                more => have += more,
            }
        }
        let number = |line: &[u8], at: usize| {
            let mut eight = [0; 8];
            eight.copy_from_slice(&line[at..at + 8]);
            u64::from_le_bytes(eight)
        };
        // What was not written of the last line is zero.
        let whole = have.div_ceil(LINE as usize) * LINE as usize;
        let lines = bytes[..whole].chunks_exact(LINE as usize);
        Ok(lines
            .map(|line| Line {
                owner: Process {
                    pid: number(line, 0) as u32,
                    born: number(line, 8),
                },
                count: number(line, 16),
                wish: Wish::from_word(number(line, 24)),
            })
            .collect())
    }

    /// Changes the count of a line: its owner alone, or under the lock.
    pub fn set_count(&self, index: usize, count: u64) -> Result<(), Error> {
        self.write(Table::line_at(index) + 16, count)
    }

    /// Changes the wish of a line: its owner alone.
    pub fn set_wish(&self, index: usize, wish: Option<Wish>) -> Result<(), Error> {
        let word = wish.map_or(0, Wish::word);
        self.write(Table::line_at(index) + 24, word)
    }
}

impl Locked<'_> {
    /// Gives a line to somebody, or to nobody. The count comes before the owner: who dies in
    /// between leaves a line that counts for nobody.
    pub fn assign(&self, index: usize, owner: Option<Process>) -> Result<(), Error> {
        let at = Table::line_at(index);
        let (pid, born) = owner.map_or((0, 0), |owner| (u64::from(owner.pid), owner.born));
        self.0.write(at + 16, 0)?;
        self.0.write(at + 24, 0)?;
        self.0.write(at + 8, born)?;
        self.0.write(at, pid)
    }
}

impl Drop for Locked<'_> {
    fn drop(&mut self) {
        file::unlock(self.0.file.as_raw_fd());
    }
}
