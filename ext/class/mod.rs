//! The PHP classes, one file each. Methods check their arguments, call `ext/coroutine` or
//! the native crates, and convert the result. Classes never use one another.

// The doc comments of methods are read by `cargo xtask stubs`, not by rustdoc.
#![allow(unused_doc_comments)]

mod arguments;
mod barrier;
mod channel;
mod channel_iterator;
mod context;
mod coroutine;
mod device;
mod event_loop;
mod ffi;
mod functions;
mod grpc_call;
mod grpc_channel;
mod infer;
mod mutex;
mod odbc;
mod once;
mod pool;
mod postgres;
mod rpc;
mod runtime;
mod scope;
mod semaphore;
mod single_flight;
mod spawning;
mod wait_group;

use channel_iterator::over as channel_iterator;
pub use event_loop::{callback_begin, callback_end, callback_waits};
pub use runtime::info_rows;

use crate::core;
use crate::exception::{self, Thrown};
use crate::grpc;
use crate::zend::class::{Class, NativeClass, register_class, register_functions};
use crate::zend::kind::Kind;
use crate::zend::{engine, entry};

/// Registers everything. False: a signature is malformed.
pub fn register() -> bool {
    let coroutine = register_class(&coroutine::CLASS);
    entry::set_coroutine_class(coroutine);
    !coroutine.is_null()
        && kind(&channel::KIND, &channel::CLASS)
        && kind(&channel_iterator::KIND, &channel_iterator::CLASS)
        && native::<wait_group::WaitGroup>(&wait_group::CLASS)
        && native::<mutex::Mutex>(&mutex::CLASS)
        && native::<semaphore::Semaphore>(&semaphore::CLASS)
        && native::<barrier::Barrier>(&barrier::CLASS)
        && kind(&scope::KIND, &scope::CLASS)
        && kind(&context::KIND, &context::CLASS)
        && native::<once::Once>(&once::CLASS)
        && native::<single_flight::SingleFlight>(&single_flight::CLASS)
        && rpc::register()
        && pool::register()
        && postgres::register()
        && kind(&grpc::CHANNEL, &grpc_channel::CLASS)
        && native::<grpc::CallObject>(&grpc_call::CLASS)
        && infer::register()
        && odbc::register()
        && device::register()
        && kind(&ffi::KIND, &ffi::CLASS)
        && [&runtime::CLASS, &event_loop::CLASS]
            .into_iter()
            .all(|class| !register_class(class).is_null())
        && register_functions(functions::FUNCTIONS)
}

/// A class whose objects hold a `T`.
fn native<T: NativeClass>(class: &Class) -> bool {
    let entry = register_class(class);
    entry::set_native::<T>(entry);
    !entry.is_null()
}

/// The same for one whose objects are made and taken by Rust too.
fn kind<T: NativeClass>(kind: &Kind<T>, class: &Class) -> bool {
    let entry = kind.register(class);
    entry::set_native::<T>(entry);
    !entry.is_null()
}

/// Waiting needs the command line SAPI and a running script.
fn require_core() -> Result<(), Thrown> {
    if core::is_up() && !engine::is_preloading() {
        return Ok(());
    }
    if engine::threads_run_php() {
        return Err(unsupported());
    }
    Err(exception::throw(
        exception::Class::Unsupported,
        "Tusk waits on the command line only: under FPM, Apache and preloading a request must not outlive its \
         script; start the script with php-cli (workerman does)",
    ))
}

#[cold]
fn unsupported() -> Thrown {
    if engine::threads_run_php() {
        return exception::throw(
            exception::Class::Unsupported,
            "coroutines run in one thread, and an extension is loaded that runs PHP in several \
             (parallel, pthreads): leave it out, or leave Tusk out",
        );
    }
    exception::throw(
        exception::Class::Unsupported,
        "coroutines need the command line SAPI: under FPM, Apache and preloading a request must not \
         outlive its script; start the script with php-cli (workerman does)",
    )
}

/// Coroutines exist on the command line only, and until the script has ended.
fn require_spawn() -> Result<(), Thrown> {
    if !engine::is_cli() || !core::is_up() {
        return Err(unsupported());
    }
    engine::settle_fork();
    let (ended, first) = core::with(|core| (core.ended, core.spawned == 0));
    if first && engine::is_preloading() {
        return Err(unsupported());
    }
    if ended {
        return Err(exception::misuse(
            "the script has ended: nothing can be spawned from a destructor that runs at shutdown; \
             spawn it before, or do the work right there",
        ));
    }
    Ok(())
}
