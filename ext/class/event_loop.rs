//! `Tusk\EventLoop`: the loop callback hosts (workerman) run on.
//!
//! Callbacks are jobs of the ready queue. One that never waits costs no switch and no
//! coroutine; one that waits becomes a coroutine and keeps its stack, and others go on.

use super::arguments::seconds;
use crate::calls::{self, Timer};
use crate::core::{self, Core};
use crate::coroutine::{self, Ended, check_may_wait};
use crate::exception::{self, Thrown};
use crate::zend::call::Call;
use crate::zend::callback::{self, Callback};
use crate::zend::class::{Class, static_method};
use crate::zend::value::Value;
use tusk_runtime::sys::clock;
use tusk_runtime::task::{Ends, Wake};
use tusk_runtime::timer::{due_after, of_seconds};
use tusk_runtime::watch::{BUSY_BIT, Interest, Overlap};

/// The event loop of this process. Each callback runs in a coroutine of its own, made when
/// it first waits. Callbacks of one PHP stream and direction do not overlap, unless
/// `allowOverlap()` says that they may.
pub static CLASS: Class = Class {
    name: "Tusk\\EventLoop",
    interfaces: &[],
    native: false,
    methods: &[
        /// Calls `$callable(...$args)` once, in `$delay` seconds. Returns the timer's number.
        static_method!(
            "delay(float $delay, callable $callable, array $args = []): int",
            delay
        ),
        /// Calls `$callable(...$args)` every `$interval` seconds. Returns the timer's number.
        static_method!(
            "repeat(float $interval, callable $callable, array $args = []): int",
            repeat
        ),
        /// Ends a timer; false when there is none of this number.
        static_method!("cancelTimer(int $timer): bool", cancel_timer),
        /// Ends all timers.
        static_method!("cancelAllTimers(): void", cancel_all_timers),
        /// Timers that have not ended.
        static_method!("timerCount(): int", timer_count),
        /// Calls `$callable($stream)` whenever the PHP stream can be read, has a connection to
        /// accept, or was closed by its peer. Returns the watch's number.
        static_method!(
            "onReadable(mixed $stream, callable $callable): int",
            on_readable
        ),
        /// Calls `$callable($stream)` whenever the PHP stream can be written.
        static_method!(
            "onWritable(mixed $stream, callable $callable): int",
            on_writable
        ),
        /// Ends a watch; false when there is none of this number.
        static_method!("cancelWatch(int $watch): bool", cancel_watch),
        /// From now on the watch's callback is called again while a former call waits. With
        /// `$atOnce` it is called once as soon as a call begins to wait, whether there is
        /// something to read or not: for callbacks that have read more than they have handled.
        /// False when there is no watch of this number.
        static_method!(
            "allowOverlap(int $watch, bool $atOnce = false): bool",
            allow_overlap
        ),
        /// Is a call of this watch's callback under way or about to begin? One that waits in a
        /// watch that allows overlap does not count.
        static_method!("isBusy(int $watch): bool", is_busy),
        /// Calls `$callable($stream, $watch)` when something happens on a watched PHP stream
        /// while the watch's callback waits: data, or its peer has closed. null: nobody is told.
        static_method!(
            "setBusyHandler(?callable $callable): void",
            set_busy_handler
        ),
        /// From now on nobody finds in this static variable of a method, an array, what a callback
        /// that waits was handed from it: for hosts that keep objects there and hand one to several
        /// calls. `$another` is called with such an object, may not wait, and returns one that
        /// takes its place in the array, or null. Of one method at a time. False when there is
        /// no such method of PHP code.
        static_method!(
            "forgetOnWait(string $class, string $method, string $variable, ?callable $another = null): bool",
            forget_on_wait
        ),
        /// File calls of this class's own code never suspend from now on: it relies on nobody
        /// coming in between. False: there is no such class. One class at a time.
        static_method!("filesBlockIn(string $class): bool", files_block_in),
        /// Gets the exceptions of callbacks; null: they become warnings.
        static_method!(
            "setErrorHandler(?callable $callable): void",
            set_error_handler
        ),
        /// From now on pending signals are handled after every wait (`pcntl_signal` was used).
        static_method!("watchSignals(): void", watch_signals),
        /// Runs callbacks until `stop()`. **Suspends.**
        static_method!("run(): void", run),
        /// Ends `run()`. Callbacks that wait go on waiting.
        static_method!("stop(): void", stop),
    ],
};

/// Timers are numbered from 1; watches have their bit; 0 is the signal job.
fn add_timer(call: &Call, repeats: bool) -> Result<(), Thrown> {
    call.expect(2, 3)?;
    super::require_core()?;
    let after = seconds(call, 0)?;
    let callback = call.callback_with_array(1, 2)?;
    let nanos = of_seconds(after);
    let number = core::with(|core| {
        let number = core.calls.next_timer();
        let armed = Some(core.reactor.call_at(due_after(clock::now(), nanos), number));
        // A repeating timer of zero would starve the loop: a millisecond, as workerman does.
        let repeat = repeats.then_some(nanos.max(1_000_000));
        core.calls.add_timer(
            number,
            Timer {
                callback,
                repeat,
                armed,
                running: false,
            },
        );
        number
    });
    call.give(Value::long(number as i64));
    Ok(())
}

fn delay(call: &Call) -> Result<(), Thrown> {
    add_timer(call, false)
}

fn repeat(call: &Call) -> Result<(), Thrown> {
    add_timer(call, true)
}

fn cancel_timer(call: &Call) -> Result<(), Thrown> {
    call.expect(1, 1)?;
    super::require_core()?;
    let number = call.long(0, false)?.unwrap_or(0);
    call.give(Value::bool(remove_timer(number as u64)));
    Ok(())
}

/// Forgets a timer; its callback's reference is given up outside the borrow.
fn remove_timer(number: u64) -> bool {
    let removed = core::with(|core| {
        let timer = core.calls.remove_timer(number)?;
        if let Some(armed) = timer.armed {
            core.reactor.scheduler.timers.remove(armed);
        }
        Some(timer.callback)
    });
    removed.inspect(|callback| callback.release()).is_some()
}

fn cancel_all_timers(call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    super::require_core()?;
    let timers: Vec<u64> = core::with(|core| core.calls.timers().collect());
    for timer in timers {
        remove_timer(timer);
    }
    Ok(())
}

fn timer_count(call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    super::require_core()?;
    let count = core::with(|core| core.calls.timer_count());
    call.give(Value::long(count as i64));
    Ok(())
}

fn add_watch(call: &Call, interest: Interest) -> Result<(), Thrown> {
    call.expect(2, 2)?;
    super::require_core()?;
    let (fd, _) = call.stream(0)?;
    let callback = call.callback(1, Some(0))?;
    let added = core::with(|core| {
        let key = core.reactor.watch(fd, interest)?;
        Ok((key, core.calls.add_watch(key, callback)))
    });
    match added {
        Ok((key, former)) => {
            call.give(Value::long(key as i64));
            if let Some(former) = former {
                former.release();
            }
            Ok(())
        }
        Err(error) => {
            callback.release();
            Err(exception::native(&error))
        }
    }
}

fn on_readable(call: &Call) -> Result<(), Thrown> {
    add_watch(call, Interest::Readable)
}

fn on_writable(call: &Call) -> Result<(), Thrown> {
    add_watch(call, Interest::Writable)
}

/// The watch's key in argument 0, when there is such a watch.
fn watch_of(call: &Call) -> Result<Option<u64>, Thrown> {
    super::require_core()?;
    let key = call.long(0, false)?.unwrap_or(0) as u64;
    Ok(core::with(|core| core.calls.watch(key)).map(|_| key))
}

fn cancel_watch(call: &Call) -> Result<(), Thrown> {
    call.expect(1, 1)?;
    let removed = watch_of(call)?.and_then(|key| {
        core::with(|core| {
            core.reactor.unwatch(key);
            core.calls.remove_watch(key)
        })
    });
    call.give(Value::bool(
        removed.inspect(|callback| callback.release()).is_some(),
    ));
    Ok(())
}

fn allow_overlap(call: &Call) -> Result<(), Thrown> {
    call.expect(1, 2)?;
    let key = watch_of(call)?;
    let overlap = if call.value(1).is_true() {
        Overlap::Again
    } else {
        Overlap::Ready
    };
    if let Some(key) = key {
        core::with(|core| core.reactor.watch_overlaps(key, overlap))
            .map_err(|error| exception::native(&error))?;
    }
    call.give(Value::bool(key.is_some()));
    Ok(())
}

fn is_busy(call: &Call) -> Result<(), Thrown> {
    call.expect(1, 1)?;
    let busy =
        watch_of(call)?.is_some_and(|key| core::with(|core| core.reactor.watch_is_busy(key)));
    call.give(Value::bool(busy));
    Ok(())
}

fn set_busy_handler(call: &Call) -> Result<(), Thrown> {
    call.expect(1, 1)?;
    super::require_core()?;
    let tells = !call.value(0).is_null();
    if tells {
        call.callable(0)?;
    }
    callback::set_busy_handler(&call.value(0));
    core::with(|core| core.tells_busy = tells);
    Ok(())
}

fn files_block_in(call: &Call) -> Result<(), Thrown> {
    call.expect(1, 1)?;
    let class = call.bytes(0)?.unwrap_or_default();
    call.give(Value::bool(callback::files_block_in(class)));
    Ok(())
}

fn forget_on_wait(call: &Call) -> Result<(), Thrown> {
    call.expect(3, 4)?;
    super::require_core()?;
    let [class, method, variable] =
        [call.bytes(0)?, call.bytes(1)?, call.bytes(2)?].map(Option::unwrap_or_default);
    let another = call.value(3);
    if !another.is_null() {
        call.callable(3)?;
    }
    call.give(Value::bool(callback::forget_on_wait(
        class, method, variable, &another,
    )));
    Ok(())
}

fn set_error_handler(call: &Call) -> Result<(), Thrown> {
    call.expect(1, 1)?;
    if !call.value(0).is_null() {
        call.callable(0)?;
    }
    callback::set_error_handler(&call.value(0));
    Ok(())
}

fn watch_signals(call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    super::require_core()?;
    core::with(|core| core.signals = true);
    Ok(())
}

fn run(call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    super::require_core()?;
    check_may_wait("EventLoop::run()")?;
    if core::with(|core| core.looping) {
        return Err(exception::misuse(
            "the event loop is already running: one process has one",
        ));
    }
    core::with(|core| {
        core.looping = true;
        core.note_concurrency();
    });
    let ended = loop {
        let ended = coroutine::wait(Ends::OnCancelOrSignal, None, |core, waiter| {
            core.loop_waiter = Some(waiter);
            core.looping
        });
        if ended != Err(Ended::Interrupted) {
            break ended;
        }
    };
    core::with(|core| {
        core.looping = false;
        core.loop_waiter = None;
        core.note_concurrency();
    });
    ended.map_err(|ended| ended.throw("EventLoop::run()"))
}

fn stop(call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    super::require_core()?;
    core::with(|core| {
        core.looping = false;
        if let Some(waiter) = core.loop_waiter.take() {
            core.reactor.scheduler.wake(waiter, Wake::Done);
        }
    });
    Ok(())
}

/// A queued call is about to run: its callback, or nothing when it was ended meanwhile.
/// True beside it: the loop has forgotten it, and its reference is the caller's.
#[inline]
pub fn callback_begin(key: u64) -> (Callback, bool) {
    core::with(|core| {
        if !calls::is_watch(key) {
            return timer_begin(core, key);
        }
        let watch = key & !BUSY_BIT;
        let called = if key == watch {
            core.reactor.watch_called(key)
        } else {
            core.reactor.watch_tell(watch)
        };
        let callback = if called {
            core.calls.watch(watch)
        } else {
            None
        };
        (callback.unwrap_or(Callback::none()), false)
    })
}

fn timer_begin(core: &mut Core, number: u64) -> (Callback, bool) {
    let Some(timer) = core.calls.timer(number) else {
        return (Callback::none(), false);
    };
    let callback = timer.callback;
    let Some(interval) = timer.repeat else {
        core.calls.remove_timer(number);
        return (callback, true);
    };
    timer.armed = Some(
        core.reactor
            .call_at(due_after(clock::now(), interval), number),
    );
    // A call that would overlap the one before is left out.
    if std::mem::replace(&mut timer.running, true) {
        (Callback::none(), false)
    } else {
        (callback, false)
    }
}

/// The call that runs is about to wait for the first time.
pub fn callback_waits(key: u64) {
    if calls::is_watch(key) && key & BUSY_BIT == 0 {
        core::with(|core| {
            let tells = core.tells_busy;
            // Without room for the op, nothing is noticed before the callback returns.
            let _ = core.reactor.watch_waits(key, tells);
        });
    }
}

/// It has returned. `waited`: [`callback_waits`] was called for it.
#[inline]
pub fn callback_end(key: u64, waited: bool) {
    core::with(|core| {
        if !calls::is_watch(key) {
            if let Some(timer) = core.calls.timer(key) {
                timer.running = false;
            }
        } else if key & BUSY_BIT != 0 {
            core.reactor.watch_told(key & !BUSY_BIT);
        } else {
            // The op that completed made room for the one that follows it.
            let _ = core.reactor.watch_returned(key, waited);
        }
    });
}
