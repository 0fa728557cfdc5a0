//! The interceptor of this process, for intercept/table.c.

use std::ffi::{CStr, c_char, c_void};

use tusk_intercept::{Interceptor, Policy, Replacement};

use super::guarded;
use crate::zend::engine;
use crate::zend::global::PhpThread;

unsafe extern "C" {
    fn tusk_intercept_row(
        row: usize,
        name: *mut *const c_char,
        function: *mut *mut c_void,
        modules_only: *mut bool,
        library: *mut *const c_char,
    ) -> bool;
}

type Text = *const c_char;

unsafe extern "C" {
    fn tusk_shared_row(
        index: u32,
        what: *mut Text,
        held_file: *mut Text,
        held_line: *mut u32,
        waits_file: *mut Text,
        waits_line: *mut u32,
        waits: *mut u64,
    ) -> bool;
}

/// Two places in PHP code that wait for one another in one handle.
pub struct SharedPlace {
    /// What the handle is.
    pub handle: String,
    /// `file:line` of who had it.
    pub held_at: String,
    /// `file:line` of who waited.
    pub waited_at: String,
    /// How often.
    pub waits: i64,
}

/// What shared.c has counted.
pub fn shared_handles() -> Vec<SharedPlace> {
    let mut places = Vec::new();
    let (mut what, mut held_file, mut waits_file) = (c"".as_ptr(), c"".as_ptr(), c"".as_ptr());
    let (mut held_line, mut waits_line, mut waits) = (0, 0, 0);
    // SAFETY: C fills every place when it says true; the texts live until the request ends.
    while unsafe {
        tusk_shared_row(
            places.len() as u32,
            &mut what,
            &mut held_file,
            &mut held_line,
            &mut waits_file,
            &mut waits_line,
            &mut waits,
        )
    } {
        let text = |text: Text| {
            // SAFETY: see above.
            let text = unsafe { CStr::from_ptr(text) };
            text.to_string_lossy().into_owned()
        };
        places.push(SharedPlace {
            handle: text(what),
            held_at: format!("{}:{held_line}", text(held_file)),
            waited_at: format!("{}:{waits_line}", text(waits_file)),
            waits: waits as i64,
        });
    }
    places
}

static INTERCEPTOR: PhpThread<Option<Interceptor>> = PhpThread::new(None);

/// The rows of C's table.
fn replacements() -> Vec<Replacement> {
    let mut rows = Vec::new();
    let mut name: *const c_char = std::ptr::null();
    let mut function: *mut c_void = std::ptr::null_mut();
    let (mut modules_only, mut library) = (false, c"".as_ptr());
    // SAFETY: C fills all places when it says true; the names are literals.
    while unsafe {
        tusk_intercept_row(
            rows.len(),
            &mut name,
            &mut function,
            &mut modules_only,
            &mut library,
        )
    } {
        // SAFETY: see above.
        let (text, library) = unsafe { (CStr::from_ptr(name), CStr::from_ptr(library)) };
        rows.push(Replacement {
            name: text.to_str().unwrap_or(""),
            function: function as usize,
            modules_only,
            library: library.to_str().unwrap_or(""),
        });
    }
    rows
}

/// The file this code was loaded from.
fn own_path() -> String {
    // SAFETY: an all-zero record is a valid place for dladdr's answer.
    let mut info: libc::Dl_info = unsafe { std::mem::zeroed() };
    let here = own_path as *const c_void;
    // SAFETY: dladdr fills the record when it returns non-zero; the name then lives as
    // long as this library.
    unsafe {
        if libc::dladdr(here, &mut info) == 0 || info.dli_fname.is_null() {
            return String::new();
        }
        CStr::from_ptr(info.dli_fname)
            .to_string_lossy()
            .into_owned()
    }
}

#[unsafe(no_mangle)]
extern "C" fn tusk_rt_check_intercept(text: *const c_char, length: usize) -> bool {
    guarded(false, || {
        // SAFETY: C passes a live string.
        let text = unsafe { std::slice::from_raw_parts(text.cast::<u8>(), length) };
        std::str::from_utf8(text)
            .ok()
            .and_then(Policy::parse)
            .is_some()
    })
}

#[unsafe(no_mangle)]
extern "C" fn tusk_rt_intercept_install() {
    guarded((), || {
        let Some(mut policy) = Policy::parse(&engine::ini("tusk.intercept")) else {
            return;
        };
        policy.modules = engine::ini("extension_dir")
            .trim_end_matches('/')
            .to_owned();
        policy.own = own_path();
        // SAFETY: intercept/table.c pairs each name with a replacement of its type, which
        // may run in any thread (rule 1 of intercept/intercept.h); the slots get their own back
        // before this module is unloaded (tusk_intercept_shutdown).
        let mut interceptor = unsafe { Interceptor::new(policy, replacements()) };
        interceptor.scan();
        *INTERCEPTOR.lock() = Some(interceptor);
    });
}

fn with(f: impl FnOnce(&mut Interceptor)) {
    guarded((), || {
        INTERCEPTOR.with(|interceptor| interceptor.as_mut().map(f));
    });
}

#[unsafe(no_mangle)]
extern "C" fn tusk_rt_intercept_scan() {
    with(|interceptor| {
        interceptor.scan();
    });
}

#[unsafe(no_mangle)]
extern "C" fn tusk_rt_intercept_opened(name: *const c_char) {
    // SAFETY: C passes the string that dlopen was called with.
    let name = unsafe { CStr::from_ptr(name) }.to_string_lossy();
    with(|interceptor| interceptor.note_opened(&name));
}

#[unsafe(no_mangle)]
extern "C" fn tusk_rt_intercept_restore() {
    with(Interceptor::restore);
    INTERCEPTOR.lock().take();
}

/// What was in a slot that holds `ours` now, or null.
#[unsafe(no_mangle)]
extern "C" fn tusk_rt_intercept_original(ours: *const c_void) -> *mut c_void {
    let mut original = None;
    with(|interceptor| original = interceptor.original(ours as usize));
    original.unwrap_or(0) as *mut c_void
}

fn asks(address: *const c_void, question: impl Fn(&Policy, &str) -> bool) -> bool {
    guarded(false, || {
        INTERCEPTOR.with(|interceptor| {
            interceptor.as_ref().is_some_and(|interceptor| {
                let image = interceptor.image_at(address as usize);
                image.is_some_and(|image| question(&interceptor.policy, &image.path))
            })
        })
    })
}

/// Is this code inside a library that speaks a client protocol?
#[unsafe(no_mangle)]
extern "C" fn tusk_rt_intercept_is_client(address: *const c_void) -> bool {
    asks(address, Policy::is_client)
}

/// Is this code inside a covered library, and not PHP's or a module's?
#[unsafe(no_mangle)]
extern "C" fn tusk_rt_intercept_in_library(address: *const c_void) -> bool {
    asks(address, |policy, path| !policy.is_module(path))
}

/// Is this code inside libcurl?
#[unsafe(no_mangle)]
extern "C" fn tusk_rt_intercept_in_curl(address: *const c_void) -> bool {
    asks(address, |_, path| {
        let name = path.rsplit('/').next().unwrap_or("");
        name.starts_with("libcurl")
    })
}

/// What is covered, for people: each library with its number of slots.
pub fn describe() -> String {
    INTERCEPTOR.with(|interceptor| {
        let Some(interceptor) = interceptor else {
            return "nothing yet: slots are redirected before the first coroutine".to_owned();
        };
        let covered = interceptor.covered().iter();
        let lines = covered
            .filter(|covered| !covered.slots.is_empty())
            .map(|covered| {
                let name = covered.path.rsplit('/').next().unwrap_or("");
                let name = if name.is_empty() { "php" } else { name };
                format!("{name} {}", covered.slots.len())
            });
        let mut text = lines.collect::<Vec<_>>().join(", ");
        if let Some(refused) = interceptor.refused() {
            text = format!("{text}; refused: {refused}");
        }
        if text.is_empty() {
            "nothing (tusk.intercept)".to_owned()
        } else {
            text
        }
    })
}
