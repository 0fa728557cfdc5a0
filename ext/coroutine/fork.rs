//! The child of a fork keeps only the coroutine that forked, as its main (CONTRACT 14).

use crate::core;
use crate::zend::worker::Worker;

/// In the child, on the forking coroutine's stack.
pub fn after_fork_in_child() {
    crate::watchdog::after_fork();
    // A guest runs on the stack of who runs its loop, which goes on, too.
    let mut me = Worker::current();
    if me.is_guest() {
        me = me.carrier();
    }
    let task = me.task();
    let result = core::with(|core| {
        core.calls_gone();
        core.background_gone();
        core.loop_waiter = None;
        core.looping = false;
        core.drain_waiter = None;
        let result = core.reactor.after_fork(task);
        if me != Worker::main() {
            // The script's own stack waits for this coroutine to end, then it unwinds.
            core.main = core
                .reactor
                .scheduler
                .adopt_waiting(Worker::main().to_host());
        }
        core.note_concurrency();
        result
    });
    crate::pool::forked();
    if let Err(error) = result {
        crate::exception::native(&error);
    }
    if me != Worker::main() {
        me.ends_process();
    }
}
