//! libpq's password file: lines `host:port:database:user:password`, of which the first that fits counts.
//! `*` fits everything, `\` takes the meaning off the letter behind it, and `#` begins a comment
//! (34.16 of PostgreSQL's documentation).
//!
//! It holds passwords, so it is read only if nobody but its owner may, and never shown.

use std::fmt;
use std::io::Read;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use tusk_runtime::error::{Error, Kind};

use crate::limits::PASSFILE_BYTES;

/// Folders of sockets that are `localhost` in such a file.
const USUAL_FOLDERS: [&str; 3] = ["/tmp", "/run/postgresql", "/var/run/postgresql"];

/// What a file holds.
#[derive(Clone, Default)]
pub struct Passwords(Vec<[Vec<u8>; 5]>);

impl fmt::Debug for Passwords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passwords", self.0.len())
    }
}

impl Passwords {
    /// Understands a text. What is no line of five parts is left out, as libpq does.
    pub fn parse(text: &[u8]) -> Passwords {
        let lines = text.split(|&byte| byte == b'\n');
        let lines = lines.map(|line| line.strip_suffix(b"\r").unwrap_or(line));
        let lines = lines.filter(|line| !line.starts_with(b"#"));
        Passwords(lines.filter_map(parts).collect())
    }

    /// Reads a file that somebody has named.
    ///
    /// # Errors
    /// `Misuse`: it cannot be read, or others can.
    pub fn read(path: &Path) -> Result<Passwords, Error> {
        let wrong = |what: String| {
            let detail = format!("the password file {} {what}", path.display());
            Error::new(Kind::Misuse, "connect", detail)
        };
        // A FIFO would be waited for.
        let file = std::fs::OpenOptions::new()
            .read(true)
            .custom_flags(libc::O_NONBLOCK)
            .open(path)
            .map_err(|error| wrong(format!("cannot be read: {error}")))?;
        let known = file
            .metadata()
            .map_err(|error| wrong(format!("cannot be read: {error}")))?;
        if !known.is_file() {
            return Err(wrong("is no file".into()));
        }
        if known.mode() & 0o077 != 0 {
            return Err(wrong(
                "can be read by others, and is not used: chmod 600".into(),
            ));
        }
        let mut text = Vec::new();
        file.take(PASSFILE_BYTES)
            .read_to_end(&mut text)
            .map_err(|error| wrong(format!("cannot be read: {error}")))?;
        Ok(Passwords::parse(&text))
    }

    /// The file that libpq would look into: `PGPASSFILE`, or `~/.pgpass`. One that cannot be used is
    /// left alone, as by libpq: most servers need none.
    pub fn usual(variable: impl Fn(&str) -> Option<String>) -> Passwords {
        let named = variable("PGPASSFILE").filter(|path| !path.is_empty());
        let home = || variable("HOME").filter(|home| !home.is_empty());
        let path = named
            .map(PathBuf::from)
            .or_else(|| home().map(|home| Path::new(&home).join(".pgpass")));
        path.and_then(|path| Passwords::read(&path).ok())
            .unwrap_or_default()
    }

    /// Are there none?
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The password for this place.
    pub fn find(&self, host: &str, port: u16, database: &str, user: &str) -> Option<Vec<u8>> {
        let port = port.to_string();
        let is_usual = USUAL_FOLDERS.contains(&host.trim_end_matches('/'));
        let fits = |part: &[u8], value: &str| part == b"*" || part == value.as_bytes();
        let found = self
            .0
            .iter()
            .find(|[of_host, of_port, of_database, of_user, _]| {
                (fits(of_host, host) || (is_usual && of_host == b"localhost"))
                    && fits(of_port, &port)
                    && fits(of_database, database)
                    && fits(of_user, user)
            });
        found.map(|[.., password]| password.clone())
    }
}

/// Five parts between colons.
fn parts(line: &[u8]) -> Option<[Vec<u8>; 5]> {
    let mut parts: [Vec<u8>; 5] = Default::default();
    let mut part = 0;
    let mut bytes = line.iter().copied();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' => parts[part].push(bytes.next()?),
            // The password ends with the line; libpq ends it at a colon.
            b':' if part == 4 => break,
            b':' => part += 1,
            _ => parts[part].push(byte),
        }
    }
    (part == 4).then_some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn the_first_line_that_fits_counts() {
        let text = b"# ours\r\ndb:5432:shop:ann:one\ndb:*:*:ann:two\n*:*:*:bob:a\\:b\\\\c\nbroken:line\n\nlocalhost:5432:*:eve:three:rest\r\n";
        let all = Passwords::parse(text);
        let find = |host, port, database, user| {
            let found = all.find(host, port, database, user);
            found.map(|bytes| String::from_utf8(bytes).expect("text"))
        };
        assert_eq!(find("db", 5432, "shop", "ann").as_deref(), Some("one"));
        assert_eq!(find("db", 5433, "shop", "ann").as_deref(), Some("two"));
        assert_eq!(find("elsewhere", 1, "x", "bob").as_deref(), Some("a:b\\c"));
        assert_eq!(
            find("/run/postgresql/", 5432, "x", "eve").as_deref(),
            Some("three")
        );
        assert_eq!(find("/srv/socket", 5432, "x", "eve"), None);
        assert_eq!(find("elsewhere", 5432, "shop", "ann"), None);
        assert_eq!(format!("{all:?}"), "4 passwords");
    }

    #[test]
    fn a_file_that_others_can_read_is_refused_where_it_is_named_and_left_alone_where_not() {
        let folder = std::env::temp_dir().join(format!("tusk-passfile-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let path = folder.join(".pgpass");
        std::fs::write(&path, "*:*:*:*:secret\n").expect("a file");
        let home = folder.display().to_string();
        let usual = || Passwords::usual(|name| (name == "HOME").then(|| home.clone()));
        let mode = |mode| {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).expect("chmod");
        };
        mode(0o644);
        let refused = Passwords::read(&path).expect_err("others can read it");
        assert!(refused.to_string().contains("chmod 600"), "{refused}");
        assert_eq!(usual().find("h", 1, "d", "u"), None);
        mode(0o600);
        assert_eq!(usual().find("h", 1, "d", "u"), Some(b"secret".to_vec()));
        let other =
            Passwords::usual(|name| (name == "PGPASSFILE").then(|| "/nowhere/at/all".to_owned()));
        assert_eq!(other.find("h", 1, "d", "u"), None);
        assert!(Passwords::read(&folder).is_err());
        std::fs::remove_dir_all(&folder).expect("it goes");
    }
}
