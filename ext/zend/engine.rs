//! Questions to the engine, and throwing.

use std::ffi::{CStr, CString, c_char};

use super::value::{Value, Zval};
use tusk_runtime::watchdog::Place;

use crate::exception::{self, Thrown};

/// The beginning of `struct tusk_flags` (flags.h).
#[repr(C)]
struct Flags {
    concurrent: bool,
    forked: bool,
}

unsafe extern "C" {
    fn tusk_may_open(path: *const c_char) -> bool;
    fn tusk_throw_code(class: u32, code: i64, message: *const u8, length: usize);
    fn tusk_throw(class: u32, message: *const u8, length: usize);
    fn tusk_throw_remote(message: *const u8, length: usize, code: i64, data: *const Zval);
    fn tusk_state_may_switch() -> bool;
    fn tusk_interrupt_pending() -> bool;
    fn tusk_ini_string(name: *const c_char) -> *const c_char;
    fn tusk_info_start();
    fn tusk_info_row(name: *const c_char, value: *const c_char);
    fn tusk_info_end();
    fn tusk_is_preloading() -> bool;
    static tusk_is_cli: bool;
    static tusk_threads_run_php: bool;
    static tusk_hooks: u32;
    fn tusk_dump_wanted() -> bool;
    fn tusk_dump_has_signal() -> bool;
    fn tusk_log(text: *const c_char);
    fn tusk_clear_exception();
    fn tusk_has_exception() -> bool;
    fn tusk_exception_message(exception: *const Zval, to: *mut Zval);
    fn tusk_forget_silently(value: *mut Zval);
    fn tusk_hung_up(value: *mut Zval) -> bool;
    fn tusk_class_exists(name: *const u8, length: usize) -> bool;
    fn tusk_exception_is(name: *const u8, length: usize) -> bool;
    fn tusk_take_exception(to: *mut Zval);
    fn tusk_argument_error(index: u32, message: *const u8, length: usize);
    fn tusk_argument_type_error(index: u32, message: *const u8, length: usize);
    fn tusk_set_hooks(mask: u32);
    fn tusk_php_version() -> *const c_char;
    static mut tusk_flags: Flags;
    fn tusk_fork_settle();
    fn tusk_intercept_install();
    fn tusk_watchdog_place(
        file: *mut c_char,
        file_room: usize,
        function: *mut c_char,
        function_room: usize,
        line: *mut u32,
    ) -> bool;
    fn tusk_exception_ends_script() -> bool;
    fn tusk_is_throwable(value: *const super::value::Zval) -> bool;
    fn tusk_throw_value(value: *const super::value::Zval);
    fn tusk_watchdog_ask();
    fn tusk_interrupt_is_question() -> bool;
    fn tusk_error_log() -> *const c_char;
}

pub(crate) fn throw(class: u32, message: &str) {
    // SAFETY: pointer and length of a live str.
    unsafe { tusk_throw(class, message.as_ptr(), message.len()) };
}

/// Throws a `RemoteException` with what the other side said beside its text.
#[cold]
pub fn throw_remote(message: &str, code: i64, data: &Value) -> Thrown {
    // SAFETY: pointer and length of a live str; the data is alive.
    unsafe { tusk_throw_remote(message.as_ptr(), message.len(), code, data.as_ptr()) };
    Thrown
}

pub(crate) fn throw_code(class: u32, code: i64, message: &str) {
    // SAFETY: pointer and length of a live str.
    unsafe { tusk_throw_code(class, code, message.as_ptr(), message.len()) };
}

/// Forgets the exception that is set.
pub fn clear_exception() {
    // SAFETY: on PHP's thread.
    unsafe { tusk_clear_exception() };
}

/// Was a dump asked for by signal since the last time?
pub fn dump_wanted() -> bool {
    // SAFETY: a flag that only the handler sets and only this thread clears.
    unsafe { tusk_dump_wanted() }
}

/// Does a signal ask for dumps?
pub fn has_dump_signal() -> bool {
    // SAFETY: written at request start.
    unsafe { tusk_dump_has_signal() }
}

/// Writes to PHP's error log.
pub fn log(text: &str) {
    if let Ok(text) = CString::new(text) {
        // SAFETY: a NUL-terminated text that lives over the call.
        unsafe { tusk_log(text.as_ptr()) };
    }
}

/// Loads a class. False: there is none.
pub fn class_exists(name: &str) -> bool {
    // SAFETY: pointer and length of a live str.
    unsafe { tusk_class_exists(name.as_ptr(), name.len()) }
}

/// Is the exception that is set one of this class, and neither a cancel nor exit()?
pub fn exception_is(name: &str) -> bool {
    // SAFETY: see `class_exists`.
    unsafe { tusk_exception_is(name.as_ptr(), name.len()) }
}

/// The exception that is set becomes a value, and is not set any more.
pub fn take_exception() -> Value {
    let mut raw = Value::NULL.into_raw();
    // SAFETY: the callee writes the zval, and gives its reference away.
    unsafe { tusk_take_exception(&mut raw) };
    Value::from_raw(raw)
}

/// Is exit(), or the engine's unwinding, on its way through the frames?
pub fn exception_ends_script() -> bool {
    // SAFETY: on PHP's thread.
    unsafe { tusk_exception_ends_script() }
}

/// Is it an object that can be thrown?
pub fn is_throwable(value: &Value) -> bool {
    // SAFETY: the value is alive.
    unsafe { tusk_is_throwable(value.as_ptr()) }
}

/// Throws a value of [`take_exception`], or another that [`is_throwable`]; it stays alive for
/// who holds it.
#[cold]
pub fn throw_value(value: &Value) -> Thrown {
    // SAFETY: the value is alive; C takes a reference of its own.
    unsafe { tusk_throw_value(value.as_ptr()) };
    Thrown
}

/// Is an exception set?
pub fn has_exception() -> bool {
    // SAFETY: reads a pointer of the engine's.
    unsafe { tusk_has_exception() }
}

/// An exception's message.
pub fn message_of(exception: &Value) -> String {
    let mut raw = Value::NULL.into_raw();
    // SAFETY: the value is alive; the callee writes a copy.
    unsafe { tusk_exception_message(exception.as_ptr(), &mut raw) };
    Value::from_raw(raw).text().unwrap_or_default()
}

/// Gives up a connection of the parent, in the child of a fork: neither it nor what it refers
/// to is destructed or closed, so nothing is sent.
pub fn forget_silently(value: Value) {
    let mut raw = value.into_raw();
    // SAFETY: C marks the objects; the reference is leaked, as the process is a child's.
    unsafe { tusk_forget_silently(&mut raw) };
}

/// Has the peer closed the connection in this value? False where no socket is found in it.
pub fn hung_up(value: &Value) -> bool {
    // SAFETY: a live zval, which C only reads; no PHP code runs.
    unsafe { tusk_hung_up(value.as_ptr().cast_mut()) }
}

/// A path argument: without a zero byte, and inside open_basedir.
pub fn check_path(index: u32, path: &[u8]) -> Result<(), Thrown> {
    let Ok(text) = std::ffi::CString::new(path) else {
        return Err(argument_error(index, "must not contain any null bytes"));
    };
    // SAFETY: a C string that lives for the call.
    if unsafe { tusk_may_open(text.as_ptr()) } {
        return Ok(());
    }
    Err(exception::throw(
        exception::Class::Unsupported,
        "the file lies outside open_basedir",
    ))
}

/// Throws PHP's own ValueError about an argument; parameters count from 0.
#[cold]
pub fn argument_error(index: u32, message: &str) -> Thrown {
    // SAFETY: pointer and length of a live str; called inside a PHP call.
    unsafe { tusk_argument_error(index + 1, message.as_ptr(), message.len()) };
    Thrown
}

/// Throws PHP's own TypeError about an argument; parameters count from 0.
#[cold]
pub fn argument_type_error(index: u32, message: &str) -> Thrown {
    // SAFETY: see `argument_error`.
    unsafe { tusk_argument_type_error(index + 1, message.as_ptr(), message.len()) };
    Thrown
}

/// Switches hooks on and off.
pub fn set_hooks(mask: u32) {
    // SAFETY: a flag of PHP's thread.
    unsafe { tusk_set_hooks(mask) };
}

/// Would switching here tear engine state apart (CONTRACT 6)?
pub fn may_switch() -> bool {
    // SAFETY: reads globals of PHP's thread.
    unsafe { tusk_state_may_switch() }
}

/// The running coroutine's errno, for a wait that must not change it.
pub fn errno() -> i32 {
    // SAFETY: glibc and musl give a place that lives as long as the thread.
    unsafe { *libc::__errno_location() }
}

/// Puts back what [`errno`] told.
pub fn set_errno(number: i32) {
    // SAFETY: see `errno`.
    unsafe { *libc::__errno_location() = number };
}

/// Did a signal or a time limit ask the VM to stop for a moment?
pub fn interrupt_pending() -> bool {
    // SAFETY: an atomic load.
    unsafe { tusk_interrupt_pending() }
}

/// Is it only the watchdog that asked? Answers it.
pub fn interrupt_is_question() -> bool {
    // SAFETY: on PHP's thread.
    unsafe { tusk_interrupt_is_question() }
}

/// An INI setting.
pub fn ini(name: &str) -> String {
    let Ok(name) = CString::new(name) else {
        return String::new();
    };
    // SAFETY: the engine returns a NUL-terminated string that it owns, or null.
    unsafe {
        let text = tusk_ini_string(name.as_ptr());
        if text.is_null() {
            String::new()
        } else {
            CStr::from_ptr(text).to_string_lossy().into_owned()
        }
    }
}

/// Is this the command line SAPI, the only one where anything is switched on?
pub fn is_cli() -> bool {
    // SAFETY: written once at start-up.
    unsafe { tusk_is_cli }
}

/// Is there an extension that runs PHP in several threads at once?
pub fn threads_run_php() -> bool {
    // SAFETY: written before the first script runs.
    unsafe { tusk_threads_run_php }
}

/// Is this the script of opcache.preload?
pub fn is_preloading() -> bool {
    // SAFETY: reads a global of PHP's thread.
    unsafe { tusk_is_preloading() }
}

/// The mask of hooks that are on.
pub fn hooks() -> u32 {
    // SAFETY: written by INI handlers on this thread.
    unsafe { tusk_hooks }
}

/// The running PHP's version.
pub fn php_version() -> String {
    // SAFETY: a static string.
    unsafe {
        CStr::from_ptr(tusk_php_version())
            .to_string_lossy()
            .into_owned()
    }
}

/// Tells the hooks whether there is anybody else to run.
#[inline]
pub fn set_concurrent(yes: bool) {
    // SAFETY: a flag of PHP's thread; installing borrows nothing of the core's.
    unsafe {
        if yes && !tusk_flags.concurrent {
            tusk_intercept_install();
        }
        tusk_flags.concurrent = yes;
    }
}

/// In the child of a fork that pcntl did not make: starts anew, once.
#[inline]
pub fn settle_fork() {
    // SAFETY: a flag of PHP's thread, set in the child before anything else runs there.
    unsafe {
        if tusk_flags.forked {
            tusk_fork_settle();
        }
    }
}

/// Rows of `phpinfo()`.
pub fn info_table(rows: &[(String, String)]) {
    // SAFETY: only called from the module's info function; strings live over each call.
    unsafe {
        tusk_info_start();
        for (name, value) in rows {
            if let (Ok(name), Ok(value)) =
                (CString::new(name.as_str()), CString::new(value.as_str()))
            {
                tusk_info_row(name.as_ptr(), value.as_ptr());
            }
        }
        tusk_info_end();
    }
}

/// Where PHP's thread stands while it sleeps in a system call. For the watchdog's thread.
pub fn sleeping_place() -> Option<Place> {
    let (mut file, mut function, mut line) = ([0 as c_char; 512], [0 as c_char; 256], 0);
    // SAFETY: C reads the engine's state through the kernel, which checks each address, and
    // writes NUL-terminated text into the two arrays, whose sizes it is told.
    let found = unsafe {
        tusk_watchdog_place(
            file.as_mut_ptr(),
            file.len(),
            function.as_mut_ptr(),
            function.len(),
            &mut line,
        )
    };
    let text = |chars: &[c_char]| {
        let bytes: Vec<u8> = chars
            .iter()
            .map(|&char| char as u8)
            .take_while(|&byte| byte != 0)
            .collect();
        String::from_utf8_lossy(&bytes).into_owned()
    };
    found.then(|| Place {
        file: text(&file),
        line,
        function: text(&function),
    })
}

/// PHP's thread is to say where it computes, at the VM's next interrupt.
pub fn ask_for_place() {
    // SAFETY: sets two atomic flags, which any thread may.
    unsafe { tusk_watchdog_ask() };
}

/// The file that PHP logs errors to; empty for standard error.
pub fn error_log() -> String {
    // SAFETY: PHP owns the string, on PHP's thread.
    unsafe {
        CStr::from_ptr(tusk_error_log())
            .to_string_lossy()
            .into_owned()
    }
}

/// The time as PHP's error log has it, in UTC.
pub fn log_time() -> String {
    let mut text = [0u8; 64];
    // SAFETY: a tm of zeroes is valid and is filled; strftime writes at most the array.
    let length = unsafe {
        let now = libc::time(std::ptr::null_mut());
        let mut parts: libc::tm = std::mem::zeroed();
        libc::gmtime_r(&now, &mut parts);
        libc::strftime(
            text.as_mut_ptr().cast(),
            text.len(),
            c"%d-%b-%Y %H:%M:%S UTC".as_ptr(),
            &parts,
        )
    };
    String::from_utf8_lossy(&text[..length]).into_owned()
}
