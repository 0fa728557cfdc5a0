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
mod event_loop;
mod functions;
mod grpc_call;
mod grpc_channel;
mod mutex;
mod once;
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
use crate::exception::{self, Class, Thrown};
use crate::grpc;
use crate::zend::class::{register_class, register_functions};
use crate::zend::{engine, entry};

/// Registers everything. False: a signature is malformed.
pub fn register() -> bool {
    let coroutine = register_class(&coroutine::CLASS);
    entry::set_coroutine_class(coroutine);
    let channel = channel::KIND.register(&channel::CLASS);
    entry::set_gc::<channel::Channel>(channel);
    let iterator = channel_iterator::KIND.register(&channel_iterator::CLASS);
    entry::set_gc::<channel_iterator::ChannelIterator>(iterator);
    let once = register_class(&once::CLASS);
    entry::set_gc::<once::Once>(once);
    let context = context::KIND.register(&context::CLASS);
    entry::set_gc::<context::Context>(context);
    let others = [
        &wait_group::CLASS,
        &mutex::CLASS,
        &semaphore::CLASS,
        &barrier::CLASS,
        &single_flight::CLASS,
        &runtime::CLASS,
        &event_loop::CLASS,
        &grpc_call::CLASS,
    ];
    register_functions(functions::FUNCTIONS)
        && rpc::register()
        && !scope::KIND.register(&scope::CLASS).is_null()
        && !grpc::CHANNEL.register(&grpc_channel::CLASS).is_null()
        && !coroutine.is_null()
        && !channel.is_null()
        && !iterator.is_null()
        && !once.is_null()
        && !context.is_null()
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

#[cold]
fn unsupported() -> Thrown {
    exception::throw(
        Class::Unsupported,
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
