//! The driver manager, loaded when somebody first needs it.
//!
//! The extension is not linked against it, so it loads on machines without unixODBC. Its
//! symbols are kept to ourselves (`RTLD_LOCAL`): drivers export functions of the same names
//! and must find their own.

use super::functions::Functions;
use std::ffi::{CStr, CString};
use std::sync::{Mutex, PoisonError};
use tusk_runtime::error::{Error, Kind};

/// unixODBC's names on Linux, newest first.
const NAMES: [&str; 3] = ["libodbc.so.2", "libodbc.so.1", "libodbc.so"];

/// A loaded driver manager, or a driver that is used without one.
pub struct Library {
    pub(super) functions: Functions,
    name: String,
}

static LOADED: Mutex<Vec<&'static Library>> = Mutex::new(Vec::new());

impl Library {
    /// Loads it, or finds it loaded. `file`: another one than unixODBC.
    ///
    /// # Errors
    /// `Unsupported`, with what to install.
    pub fn load(file: Option<&str>) -> Result<&'static Library, Error> {
        let names = match file {
            Some(file) => vec![file],
            None => NAMES.to_vec(),
        };
        let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
        let mut reason = String::new();
        for name in names {
            if let Some(library) = loaded.iter().find(|library| library.name == name) {
                return Ok(library);
            }
            match open(name) {
                Ok(functions) => {
                    // Never unloaded: threads may be inside it until the process ends.
                    let library: &'static Library = Box::leak(Box::new(Library {
                        functions,
                        name: name.to_owned(),
                    }));
                    loaded.push(library);
                    return Ok(library);
                }
                Err(why) if reason.is_empty() => reason = why,
                Err(_) => {}
            }
        }
        Err(
            Error::new(Kind::Unsupported, "load the ODBC driver manager", reason).hint(
                "install unixODBC (Debian, Ubuntu, UOS: apt-get install libodbc2 odbcinst; openEuler, Kylin: dnf \
                 install unixODBC) and the database's ODBC driver, or name the manager's file by the option \
                 \"library\"",
            ),
        )
    }

    /// The file it was loaded by.
    pub fn name(&self) -> &str {
        &self.name
    }
}

fn open(name: &str) -> Result<Functions, String> {
    let file = CString::new(name).map_err(|_| "its name contains a zero byte".to_owned())?;
    // SAFETY: a NUL-terminated name; constructors of the library run, as for any library that
    // its user names.
    let handle = unsafe { libc::dlopen(file.as_ptr(), libc::RTLD_NOW | libc::RTLD_LOCAL) };
    if handle.is_null() {
        // SAFETY: dlerror returns a NUL-terminated text of this thread, or null.
        let text = unsafe {
            let text = libc::dlerror();
            (!text.is_null()).then(|| CStr::from_ptr(text).to_string_lossy().into_owned())
        };
        return Err(text.unwrap_or_else(|| format!("{name} cannot be opened")));
    }
    // SAFETY: just opened and never closed; what exports all of these names is an ODBC
    // driver manager or driver.
    unsafe { Functions::resolve(handle) }
        .map_err(|missing| format!("{name} is no ODBC driver manager: it lacks {missing}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_said_with_what_to_install() {
        let error = Library::load(Some("libno-such-manager.so.9"))
            .err()
            .expect("there is none");
        assert_eq!(error.kind(), Kind::Unsupported);
        assert!(error.to_string().contains("install unixODBC"), "{error}");
        let error = Library::load(Some("libc.so.6")).err().expect("it is none");
        assert!(
            error.to_string().contains("it lacks alloc_handle"),
            "{error}"
        );
    }
}
