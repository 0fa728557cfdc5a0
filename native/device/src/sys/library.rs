//! A driver's shared library, opened at run time. It stays loaded: drivers have threads.

use std::ffi::{CString, c_void};

use tusk_runtime::error::{Error, Kind};

/// See the module's description.
pub struct Library {
    handle: *mut c_void,
    name: String,
    /// Symbols to do without, for tests of old drivers.
    without: Vec<String>,
}

impl Library {
    /// Opens the first of these that there is. `without`: symbols it is asked not to have.
    ///
    /// # Errors
    /// `Unsupported`, with what the loader says of the last.
    pub fn open(names: &[&str], without: &[&str]) -> Result<Library, Error> {
        let mut said = String::from("no name was given");
        for name in names {
            let Ok(text) = CString::new(*name) else {
                continue;
            };
            // SAFETY: a C string; RTLD_LOCAL keeps the driver's symbols from everybody else.
            let handle = unsafe { libc::dlopen(text.as_ptr(), libc::RTLD_NOW | libc::RTLD_LOCAL) };
            if !handle.is_null() {
                return Ok(Library {
                    handle,
                    name: (*name).to_owned(),
                    without: without.iter().map(|&name| name.to_owned()).collect(),
                });
            }
            // SAFETY: dlerror's string lives until the next call of this thread.
            let why = unsafe {
                let why = libc::dlerror();
                (!why.is_null())
                    .then(|| std::ffi::CStr::from_ptr(why).to_string_lossy().into_owned())
            };
            said = why.unwrap_or_else(|| format!("{name} cannot be loaded"));
        }
        Err(Error::new(
            Kind::Unsupported,
            "load a device's library",
            said,
        ))
    }

    /// A setting of a simulated driver (`simulated/core.rs`); 0 for a real one.
    pub fn control(&self, what: i32, value: i64) -> i64 {
        let control: Option<unsafe extern "C" fn(i32, i64) -> i64> = self.optional("sim_control");
        // SAFETY: the symbol is of our own libraries alone, and has this type.
        control.map_or(0, |control| unsafe { control(what, value) })
    }

    /// Its symbol; `T` is the type of a C function with exactly the signature that
    /// the driver's headers give it.
    pub(super) fn optional<T: std::marker::Copy>(&self, symbol: &str) -> Option<T> {
        const { assert!(size_of::<T>() == size_of::<*mut c_void>()) };
        if self.without.iter().any(|name| name == symbol) {
            return None;
        }
        let text = CString::new(symbol).ok()?;
        // SAFETY: the handle is open for ever; T is as large as a pointer.
        unsafe {
            let found = libc::dlsym(self.handle, text.as_ptr());
            (!found.is_null()).then(|| std::mem::transmute_copy(&found))
        }
    }

    /// The same for one that there has to be.
    pub(super) fn symbol<T: std::marker::Copy>(&self, symbol: &str) -> Result<T, Error> {
        self.optional(symbol).ok_or_else(|| {
            Error::new(
                Kind::Unsupported,
                "load a device's library",
                format!("{} has no {symbol}", self.name),
            )
            .hint("the driver is too old or not complete: install a newer one")
        })
    }
}
