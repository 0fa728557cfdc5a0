//! What a coroutine's frames say about it (report.c).

use std::ffi::c_void;
use std::mem::MaybeUninit;

use super::class::Entry;
use super::entry::describe_object;
use super::object::Object;
use super::value::{Value, Zval};
use super::worker::{CoroutineRef, Worker};

unsafe extern "C" {
    fn tusk_worker_place(
        worker: Worker,
        call: *mut Zval,
        object: *mut *mut Object,
        file: *mut Zval,
        line: *mut i64,
    );
    fn tusk_worker_known_coroutine(worker: Worker) -> CoroutineRef;
    fn tusk_worker_id(worker: Worker) -> i64;
    fn tusk_coroutine_spawn_place(coroutine: CoroutineRef, file: *mut Zval, line: *mut i64);
    fn tusk_object_identity(
        object: *mut Object,
        name: *mut *const u8,
        length: *mut usize,
        handle: *mut i64,
    ) -> *mut Entry;
    fn tusk_object_is_coroutine(object: *mut Object) -> bool;
    fn tusk_object_is_ours(class: *const Entry) -> bool;
    fn tusk_object_native(object: *mut Object) -> *mut c_void;
    fn tusk_coroutine_from_object(object: *mut Object) -> CoroutineRef;
    fn tusk_worker_stack(worker: Worker, out: *mut Zval);
    fn tusk_memory_usage() -> usize;
    fn tusk_trace_reports(out: *mut Zval);
}

/// Where a coroutine is.
#[derive(Clone, Debug, Default)]
pub struct Place {
    /// The call of PHP or an extension it is in.
    pub call: Option<String>,
    /// What is known of that call's object.
    pub object: Option<String>,
    /// Where PHP code stands.
    pub file: Option<String>,
    /// Its line.
    pub line: Option<i64>,
}

impl Place {
    /// As `file:line`.
    pub fn site(&self) -> Option<String> {
        Some(format!(
            "{}:{}",
            self.file.as_ref()?,
            self.line.unwrap_or(0)
        ))
    }
}

impl Worker {
    /// Where it is. The worker is suspended or running.
    pub fn place(self) -> Place {
        let mut call = MaybeUninit::<Zval>::uninit();
        let mut file = MaybeUninit::<Zval>::uninit();
        let mut object = std::ptr::null_mut();
        let mut line = 0;
        // SAFETY: the handle is a live worker's (worker.rs); C writes all it is given places
        // for, the texts with references of their own.
        let (call, file) = unsafe {
            tusk_worker_place(
                self,
                call.as_mut_ptr(),
                &mut object,
                file.as_mut_ptr(),
                &mut line,
            );
            (
                Value::from_raw(call.assume_init()),
                Value::from_raw(file.assume_init()),
            )
        };
        Place {
            call: call.text(),
            object: describe(object),
            line: (!file.is_null()).then_some(line),
            file: file.text(),
        }
    }

    /// Its frames as text.
    pub fn stack(self) -> String {
        let mut raw = MaybeUninit::<Zval>::uninit();
        // SAFETY: see `place`.
        let text = unsafe {
            tusk_worker_stack(self, raw.as_mut_ptr());
            Value::from_raw(raw.assume_init())
        };
        text.text().unwrap_or_default()
    }

    /// Its job's number.
    pub fn id(self) -> i64 {
        // SAFETY: see `place`.
        unsafe { tusk_worker_id(self) }
    }

    /// Its coroutine's object, if somebody has asked for it.
    pub fn known_coroutine(self) -> Option<CoroutineRef> {
        // SAFETY: see `place`.
        unsafe { tusk_worker_known_coroutine(self) }.some()
    }
}

impl CoroutineRef {
    /// Where it was spawned, as `file:line`.
    pub fn spawned_at(self) -> Option<String> {
        let mut file = MaybeUninit::<Zval>::uninit();
        let mut line = 0;
        // SAFETY: the handle is valid (worker.rs); C writes both places.
        let file = unsafe {
            tusk_coroutine_spawn_place(self, file.as_mut_ptr(), &mut line);
            Value::from_raw(file.assume_init())
        };
        Some(format!("{}:{line}", file.text()?))
    }
}

/// What is known of the object somebody waits in.
fn describe(object: *mut Object) -> Option<String> {
    if object.is_null() {
        return None;
    }
    let mut name = std::ptr::null();
    let (mut length, mut handle) = (0, 0);
    // SAFETY: the frame of the call keeps its object; the name lives as long as the class.
    unsafe {
        let class = tusk_object_identity(object, &mut name, &mut length, &mut handle);
        if tusk_object_is_coroutine(object) {
            return Some(format!(
                "coroutine #{}",
                tusk_coroutine_from_object(object).id()
            ));
        }
        let name = String::from_utf8_lossy(std::slice::from_raw_parts(name, length));
        let known = match tusk_object_is_ours(class) {
            true => describe_object(class, tusk_object_native(object)),
            false => None,
        };
        Some(match known {
            Some(known) => format!("{name} {handle}: {known}"),
            None => format!("{name} {handle}"),
        })
    }
}

/// Bytes of PHP's heap in use.
pub fn memory_usage() -> usize {
    // SAFETY: reads a counter of the request's heap.
    unsafe { tusk_memory_usage() }
}

/// What `tusk.trace_shared_state` has found, as rows.
pub fn shared_state() -> Value {
    let mut raw = MaybeUninit::<Zval>::uninit();
    // SAFETY: the callee writes the whole zval.
    unsafe {
        tusk_trace_reports(raw.as_mut_ptr());
        Value::from_raw(raw.assume_init())
    }
}
