//! The PHP classes, one file each. Methods check their arguments, call `ext/coroutine` or
//! the native crates, and convert the result. Classes never use one another.

// The doc comments of methods are read by `cargo xtask stubs`, not by rustdoc.
#![allow(unused_doc_comments)]

mod arguments;
mod channel;
mod coroutine;
mod event_loop;
mod ffi;
mod functions;
mod runtime;
mod wait_group;

pub use event_loop::{callback_begin, callback_end, callback_waits};
pub use runtime::info_rows;

use crate::core;
use crate::exception::{self, Class, Thrown};
use crate::zend::class::{register_class, register_functions};
use crate::zend::{engine, entry};

/// Registers everything. False: a signature is malformed.
pub fn register() -> bool {
    let coroutine = register_class(&coroutine::CLASS);
    entry::set_coroutine_class(coroutine);
    let channel = register_class(&channel::CLASS);
    entry::set_gc::<channel::Channel>(channel);
    let ffi = register_class(&ffi::CLASS);
    ffi::registered(ffi);
    let others = [&wait_group::CLASS, &runtime::CLASS, &event_loop::CLASS];
    register_functions(functions::FUNCTIONS)
        && !coroutine.is_null()
        && !channel.is_null()
        && !ffi.is_null()
        && others
            .into_iter()
            .all(|class| !register_class(class).is_null())
}

/// Waiting needs the command line SAPI and a running script.
fn require_core() -> Result<(), Thrown> {
    if core::is_up() && !engine::is_preloading() {
        return Ok(());
    }
    Err(exception::throw(
        Class::Unsupported,
        "Tusk waits on the command line only: under FPM, Apache and preloading a request must not outlive its \
         script; start the script with php-cli (workerman does)",
    ))
}
