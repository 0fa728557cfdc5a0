//! PHP's thread answers the watchdog (watchdog.c).

use std::ffi::c_char;

use tusk_runtime::watchdog::Place;

use super::guarded;
use crate::watchdog;

/// It computes, here.
#[unsafe(no_mangle)]
extern "C" fn tusk_rt_watchdog_computing(
    file: *const c_char,
    file_length: usize,
    line: u32,
    function: *const c_char,
    function_length: usize,
) {
    guarded((), || {
        // SAFETY: C passes two live strings with their lengths.
        let (file, function) = unsafe {
            (
                std::slice::from_raw_parts(file.cast::<u8>(), file_length),
                std::slice::from_raw_parts(function.cast::<u8>(), function_length),
            )
        };
        watchdog::computing(Place {
            file: String::from_utf8_lossy(file).into_owned(),
            line,
            function: String::from_utf8_lossy(function).into_owned(),
        });
    });
}
