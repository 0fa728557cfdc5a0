//! Handles of the driver, their diagnostics, and text.

use super::result::{Answer, Content};
use super::{ERROR, NO_DATA, SUCCESS};
use std::ffi::c_void;
use std::sync::atomic::{AtomicBool, AtomicU32};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

type Diagnostic = (String, i32, String);

/// What several threads look at.
#[derive(Default)]
pub(crate) struct Shared {
    diagnostic: Mutex<Option<Diagnostic>>,
    cancelled: Mutex<bool>,
    bell: Condvar,
}

impl Shared {
    pub(crate) fn fail(&self, state: &str, native: i32, text: &str) -> i16 {
        let diagnostic = (state.to_owned(), native, text.to_owned());
        *self
            .diagnostic
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(diagnostic);
        ERROR
    }

    /// True: it was cancelled.
    pub(crate) fn wait(&self, time: Duration) -> bool {
        let cancelled = self
            .cancelled
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let waited = self
            .bell
            .wait_timeout_while(cancelled, time, |cancelled| !*cancelled);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }

    pub(crate) fn cancel(&self) {
        *self
            .cancelled
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = true;
        self.bell.notify_all();
    }
}

#[derive(Default)]
pub(crate) struct Connection {
    pub(crate) abilities: AtomicU32,
    pub(crate) dead: AtomicBool,
    shared: Shared,
}

impl Connection {
    pub(crate) fn fail(&self, state: &str, native: i32, text: &str) -> i16 {
        self.shared.fail(state, native, text)
    }
}

pub(crate) struct Statement {
    pub(crate) connection: *const Connection,
    shared: *const Shared,
    pub(crate) rows: usize,
    pub(crate) status: *mut u16,
    pub(crate) fetched: *mut usize,
    pub(crate) answer: Answer,
    pub(crate) next: Option<Content>,
    pub(crate) prepared: Option<String>,
    bound: Option<(*mut u8, usize, *mut isize)>,
}

impl Statement {
    pub(crate) fn new(connection: *const Connection) -> Statement {
        Statement {
            connection,
            shared: Box::into_raw(Box::default()),
            rows: 1,
            status: std::ptr::null_mut(),
            fetched: std::ptr::null_mut(),
            answer: Answer::default(),
            next: None,
            prepared: None,
            bound: None,
        }
    }

    pub(crate) fn shared(&self) -> &'static Shared {
        unsafe { &*self.shared }
    }

    pub(crate) fn bind(&mut self, data: *mut u8, width: usize, lengths: *mut isize) {
        self.bound = Some((data, width, lengths));
    }

    pub(crate) unsafe fn fetch(&mut self) -> i16 {
        let mut rows = 0;
        while rows < self.rows && self.answer.advance() {
            if let Some((data, width, lengths)) = self.bound {
                unsafe {
                    let to = data.add(rows * width);
                    self.answer.piece(to, width, &mut *lengths.add(rows));
                }
                self.answer.given = 0;
            }
            if !self.status.is_null() {
                unsafe { *self.status.add(rows) = 0 };
            }
            rows += 1;
        }
        if rows == 0 && !self.answer.is_empty_by_lie() {
            return NO_DATA;
        }
        if !self.fetched.is_null() {
            unsafe { *self.fetched = self.answer.claimed(rows) };
        }
        SUCCESS
    }
}

impl Drop for Statement {
    fn drop(&mut self) {
        drop(unsafe { Box::from_raw(self.shared.cast_mut()) });
    }
}

pub(crate) unsafe fn diagnose(kind: i16, handle: *mut c_void, number: i16) -> Option<Diagnostic> {
    let shared = match kind {
        2 => unsafe { &(*handle.cast::<Connection>()).shared },
        3 => unsafe { (*handle.cast::<Statement>()).shared() },
        _ => return None,
    };
    let diagnostic = shared
        .diagnostic
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    // The driver manager itself would collect endless ones for ever.
    let has = |found: &&Diagnostic| number == 1 || (found.0 == "LOOP0" && number <= 40);
    diagnostic.as_ref().filter(has).cloned()
}

/// A text of the driver manager's; a negative length says that it ends with a zero.
pub(crate) unsafe fn text_of(text: *const u16, length: i32) -> String {
    let units = unsafe {
        let length = match usize::try_from(length) {
            Ok(length) => length,
            Err(_) => (0..).take_while(|&at| *text.add(at) != 0).count(),
        };
        std::slice::from_raw_parts(text, length)
    };
    String::from_utf16_lossy(units)
}

/// Writes a text and the zero behind it; `unit` is 2 where lengths count bytes.
pub(crate) unsafe fn write_wide(
    text: &str,
    to: *mut u16,
    room: usize,
    length: *mut i16,
    unit: i16,
) {
    let units: Vec<u16> = text.encode_utf16().collect();
    let count = units.len().min(room.saturating_sub(1));
    unsafe {
        if !to.is_null() && room > 0 {
            std::ptr::copy_nonoverlapping(units.as_ptr(), to, count);
            *to.add(count) = 0;
        }
        if !length.is_null() {
            *length = units.len() as i16 * unit;
        }
    }
}
