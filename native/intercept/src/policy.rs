//! Which loaded libraries are covered.
//!
//! Covered are the main program, every library of the module folder, libraries with a
//! known name, and those that a covered library has opened itself. Never covered are libc
//! and its parts, the dynamic linker, debuggers, and whoever does the covering. TLS libraries are
//! covered where a setting names them.

use std::path::Path;

/// Beginnings of file names that are covered by name.
const KNOWN: [&str; 17] = [
    "libpq.so",
    "libmariadb.so",
    "libmysqlclient.so",
    "libodbc.so",
    "libodbcinst.so",
    "libltdl.so",
    "libldap.so",
    "libldap-2",
    "libldap_r",
    "liblber.so",
    "liblber-2",
    "libsqlite3.so",
    "libmemcached.so",
    "libhashkit.so",
    "libc-client.so",
    "libedit.so",
    "libreadline.so",
];

/// Beginnings of file names of libraries that use files for modules: covered as those are. libxml2 looks
/// whether a document is there before it lets PHP open it; libcurl reads `file://`, cookies and `.netrc` itself; the
/// others read and write what PHP has opened.
const LIKE_MODULES: [&str; 6] = [
    "libxml2.so",
    "libcurl.so",
    "libcurl-gnutls.so",
    "libz.so",
    "libbz2.so",
    "libzip.so",
];

/// TLS libraries: covered only where a setting names them. They call `read` from inside their own
/// records, which is safe as long as whoever covers them keeps their errors for each coroutine.
const ASKED_FOR: [&str; 2] = ["libssl", "libcrypto"];

/// Beginnings of file names that are never covered.
const NEVER: [&str; 21] = [
    "libc.so",
    "libc-2",
    "libc.musl",
    "ld-",
    "ld.so",
    "linux-vdso",
    "linux-gate",
    "libpthread",
    "libdl.so",
    "libdl-2",
    "librt.so",
    "librt-2",
    "libm.so",
    "libm-2",
    "libresolv",
    "libnss_",
    "libgcc_s",
    "libasan",
    "libubsan",
    // opcache locks shared memory with other processes; a debugger's connection must hold
    // the whole process.
    "opcache.so",
    "xdebug.so",
];

/// See the module's description.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// Is anything covered?
    pub enabled: bool,
    /// The folder of the program's modules.
    pub modules: String,
    /// Further beginnings of file names that are covered.
    pub also: Vec<String>,
    /// Beginnings of file names that are not covered after all.
    pub except: Vec<String>,
    /// File names that covered libraries have opened.
    pub opened: Vec<String>,
    /// The file this code is in.
    pub own: String,
}

/// Longest list of names in a setting. A site has a handful of drivers; a longer list is a
/// mistake. Beyond it: the setting is refused.
const NAMES: usize = 64;

impl Policy {
    /// Reads a setting: `auto`, `none`, or a list of `auto`, `name` and `-name`, where a
    /// name is the beginning of a library's file name. `None` if it is none of these.
    pub fn parse(setting: &str) -> Option<Policy> {
        let mut policy = Policy::default();
        let setting = setting.trim();
        // PHP's INI reader makes an empty text of a bare `none`.
        if setting == "none" || setting.is_empty() {
            return Some(policy);
        }
        policy.enabled = true;
        for word in setting.split(',').map(str::trim) {
            let (name, except) = match word.strip_prefix('-') {
                Some(name) => (name, true),
                None => (word, false),
            };
            let is_name = !name.is_empty()
                && name
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"._+-".contains(&byte));
            if !is_name || name == "none" || policy.also.len() + policy.except.len() >= NAMES {
                return None;
            }
            match (name, except) {
                ("auto", false) => {}
                (_, true) => policy.except.push(name.to_owned()),
                (_, false) => policy.also.push(name.to_owned()),
            }
        }
        Some(policy)
    }

    /// Is this library covered? The main program's path is empty. `opened_now`: it appeared
    /// after a covered library had opened something.
    pub fn covers(&self, path: &str, opened_now: bool) -> bool {
        let name = path.rsplit('/').next().unwrap_or(path);
        let begins = |list: &[&str]| list.iter().any(|begin| name.starts_with(begin));
        let begins_with = |list: &[String]| list.iter().any(|begin| name.starts_with(&**begin));
        if !self.enabled || path == self.own || begins(&NEVER) {
            return false;
        }
        if path.is_empty() {
            return !self.except.iter().any(|name| name == "php");
        }
        if begins_with(&self.except) || (begins(&ASKED_FOR) && !begins_with(&self.also)) {
            return false;
        }
        let was_opened = self
            .opened
            .iter()
            .any(|opened| opened.rsplit('/').next() == Some(name));
        self.is_module(path)
            || opened_now
            || was_opened
            || begins(&KNOWN)
            || begins(&LIKE_MODULES)
            || begins_with(&self.also)
    }

    /// Are its calls on files, locks and processes covered, too?
    pub fn covers_files(&self, path: &str) -> bool {
        let name = path.rsplit('/').next().unwrap_or(path);
        self.is_module(path) || LIKE_MODULES.iter().any(|begin| name.starts_with(begin))
    }

    /// Is it the main program, or in the module folder?
    pub fn is_module(&self, path: &str) -> bool {
        let folder = Path::new(path).parent();
        path.is_empty() || (!self.modules.is_empty() && folder == Some(Path::new(&self.modules)))
    }

    /// A covered library opens another one.
    pub fn note_opened(&mut self, name: &str) {
        let known = self.opened.iter().any(|opened| opened == name);
        if !known && self.opened.len() < OPENED {
            self.opened.push(name.to_owned());
        }
    }

    /// Libraries of client protocols: a wait that is given up inside one leaves half an
    /// answer on its socket.
    pub fn is_client(&self, path: &str) -> bool {
        !self.covers_files(path)
    }
}

/// Names of opened libraries that are remembered. Beyond it: libraries that were loaded
/// before by somebody else are not covered when they are opened once more.
const OPENED: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;

    fn auto() -> Policy {
        let mut policy = Policy::parse("auto").expect("a known word");
        policy.modules = "/usr/lib/php/modules".into();
        policy.own = "/opt/libtusk.so".into();
        policy
    }

    #[test]
    fn the_program_its_modules_and_known_libraries_are_covered() {
        let policy = auto();
        for path in [
            "",
            "/usr/lib/php/modules/curl.so",
            "/usr/lib/x86_64-linux-gnu/libpq.so.5",
            "/usr/lib/libxml2.so.2",
        ] {
            assert!(policy.covers(path, false), "{path}");
        }
        assert!(policy.covers_files("/usr/lib/libxml2.so.2"));
        assert!(policy.covers_files("/usr/lib/libcurl.so.4"));
        assert!(policy.covers_files("/usr/lib/php/modules/dom.so"));
        assert!(!policy.covers_files("/usr/lib/x86_64-linux-gnu/libpq.so.5"));
        for path in [
            "/lib/x86_64-linux-gnu/libc.so.6",
            "/lib/libssl.so.3",
            "/opt/libtusk.so",
            "/usr/lib/php/modules/opcache.so",
            "linux-vdso.so.1",
            "/usr/lib/libpng16.so.16",
        ] {
            assert!(!policy.covers(path, false), "{path}");
        }
    }

    #[test]
    fn opened_libraries_are_covered_but_never_the_forbidden() {
        let mut policy = auto();
        assert!(!policy.covers("/opt/libdriver.so", false));
        assert!(policy.covers("/opt/libdriver.so", true));
        assert!(!policy.covers("/lib/libcrypto.so.3", true));
        policy.note_opened("libdriver.so");
        assert!(policy.covers("/opt/libdriver.so", false));
    }

    #[test]
    fn a_setting_adds_and_takes_away() {
        let policy = Policy::parse("auto, libdodbc, -libcurl").expect("names");
        assert!(policy.covers("/dm/libdodbc.so", false));
        assert!(!policy.covers("/usr/lib/libcurl.so.4", false));
        assert!(!Policy::parse("none").expect("a word").covers("", false));
        assert!(!Policy::parse("auto,-php").expect("names").covers("", false));
        for wrong in ["a b", "auto,,x", "none,auto", "../x"] {
            assert!(Policy::parse(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn tls_libraries_are_covered_where_they_are_named() {
        let named = Policy::parse("auto, libcrypto").expect("names");
        assert!(named.covers("/lib/libcrypto.so.3", false));
        assert!(!named.covers("/lib/libssl.so.3", true));
        assert!(!auto().covers("/lib/libssl.so.3", true));
        let both = Policy::parse("libcrypto, -libcrypto").expect("names");
        assert!(!both.covers("/lib/libcrypto.so.3", false));
    }

    #[test]
    fn clients_are_told_from_those_that_only_wait() {
        let policy = auto();
        assert!(policy.is_client("/usr/lib/libpq.so.5"));
        assert!(!policy.is_client(""));
        assert!(!policy.is_client("/usr/lib/php/modules/sockets.so"));
        assert!(!policy.is_client("/usr/lib/libcurl.so.4"));
    }
}
