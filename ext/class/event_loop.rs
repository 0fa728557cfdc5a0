//! `Tusk\EventLoop`: the loop callback hosts (workerman) run on.
//!
//! Callbacks are jobs of the ready queue. One that never waits costs no switch and no
//! coroutine; one that waits becomes a coroutine and keeps its stack, and others go on.

use super::arguments::seconds;
use crate::core::{self, INTERRUPT, LoopCall};
use crate::coroutine::{self, Ended, check_may_wait};
use crate::exception::{self, Thrown};
use crate::zend::call::Call;
use crate::zend::callback::{self, Callback};
use crate::zend::class::{Class, static_method};
use crate::zend::engine;
use crate::zend::value::Value;
use tusk_runtime::sys::clock;
use tusk_runtime::task::{Ends, Wake};
use tusk_runtime::watch::{Interest, WATCH_BIT};

/// The event loop of this process. Each callback runs in a coroutine of its own, made when
/// it first waits. Callbacks of one PHP stream and direction never overlap.
pub static CLASS: Class = Class {
    name: "Tusk\\EventLoop",
    interfaces: &[],
    native: false,
    methods: &[
        /// Calls `$callable(...$args)` once, in `$delay` seconds. Returns the timer's number.
        static_method!("delay(float $delay, callable $callable, array $args = []): int", delay),
        /// Calls `$callable(...$args)` every `$interval` seconds. Returns the timer's number.
        static_method!("repeat(float $interval, callable $callable, array $args = []): int", repeat),
        /// Ends a timer; false when there is none of this number.
        static_method!("cancelTimer(int $timer): bool", cancel_timer),
        /// Ends all timers.
        static_method!("cancelAllTimers(): void", cancel_all_timers),
        /// Timers that have not ended.
        static_method!("timerCount(): int", timer_count),
        /// Calls `$callable($stream)` whenever the PHP stream can be read, has a connection to
        /// accept, or was closed by its peer. Returns the watch's number.
        static_method!("onReadable(mixed $stream, callable $callable): int", on_readable),
        /// Calls `$callable($stream)` whenever the PHP stream can be written.
        static_method!("onWritable(mixed $stream, callable $callable): int", on_writable),
        /// Ends a watch; false when there is none of this number.
        static_method!("cancelWatch(int $watch): bool", cancel_watch),
        /// Gets the exceptions of callbacks; null: they become warnings.
        static_method!("setErrorHandler(?callable $callable): void", set_error_handler),
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
    let after = seconds(call, 0, if repeats { "interval" } else { "delay" })?;
    let callback = call.callback_with_array(1, 2)?;
    let nanos = (after * 1e9).min(9.2e18) as u64;
    let id = core::with(|core| {
        let id = core.next_timer;
        core.next_timer += 1;
        let timer = core.reactor.call_at(clock::now().saturating_add(nanos), id);
        // A repeating timer of zero would starve the loop: a millisecond, as workerman does.
        let repeat = repeats.then_some(nanos.max(1_000_000));
        core.calls.insert(id, LoopCall { callback, repeat, timer: Some(timer), running: false });
        id
    });
    call.give(Value::long(id as i64));
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
    let id = call.long(0, false)?.unwrap_or(0);
    let found = remove_call(id as u64);
    call.give(Value::bool(found));
    Ok(())
}

/// Forgets a timer or watch; its callback's reference is given up outside the borrow.
fn remove_call(key: u64) -> bool {
    let removed = core::with(|core| {
        let removed = core.calls.remove(&key)?;
        if let Some(timer) = removed.timer {
            core.reactor.scheduler.timers.remove(timer);
        }
        if key & WATCH_BIT != 0 {
            core.reactor.unwatch(key);
        }
        Some(removed)
    });
    match removed {
        Some(call) => {
            call.callback.release();
            true
        }
        None => false,
    }
}

fn cancel_all_timers(call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    super::require_core()?;
    let timers: Vec<u64> =
        core::with(|core| core.calls.keys().copied().filter(|key| key & WATCH_BIT == 0).collect());
    for timer in timers {
        remove_call(timer);
    }
    Ok(())
}

fn timer_count(call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    super::require_core()?;
    let count =
        core::with(|core| core.calls.keys().filter(|&&key| key & WATCH_BIT == 0).count());
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
        core.calls.insert(key, LoopCall { callback, repeat: None, timer: None, running: false });
        Ok(key)
    });
    match added {
        Ok(key) => {
            call.give(Value::long(key as i64));
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

fn cancel_watch(call: &Call) -> Result<(), Thrown> {
    call.expect(1, 1)?;
    super::require_core()?;
    let key = call.long(0, false)?.unwrap_or(0) as u64;
    call.give(Value::bool(key & WATCH_BIT != 0 && remove_call(key)));
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
        return Err(exception::misuse("the event loop is already running: one process has one"));
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
pub fn callback_begin(key: u64) -> Callback {
    if key == INTERRUPT {
        engine::run_interrupt();
        return Callback::none();
    }
    core::with(|core| {
        let watched = key & WATCH_BIT == 0 || core.reactor.watch_called(key);
        match core.calls.get_mut(&key) {
            // A repeating timer whose last call still waits is left out this time.
            Some(call) if watched && !call.running => {
                call.running = true;
                call.timer = None;
                if let Some(interval) = call.repeat {
                    let at = clock::now().saturating_add(interval);
                    let timer = core.reactor.call_at(at, key);
                    if let Some(call) = core.calls.get_mut(&key) {
                        call.timer = Some(timer);
                    }
                }
                core.calls.get(&key).map_or_else(Callback::none, |call| call.callback)
            }
            Some(call) => {
                if let Some(interval) = call.repeat {
                    let at = clock::now().saturating_add(interval);
                    call.timer = Some(core.reactor.call_at(at, key));
                }
                Callback::none()
            }
            None => Callback::none(),
        }
    })
}

/// It has returned.
pub fn callback_end(key: u64) {
    let ended = core::with(|core| {
        let call = core.calls.get_mut(&key)?;
        call.running = false;
        if key & WATCH_BIT != 0 {
            // The op that completed made room for the one that follows it.
            let _ = core.reactor.watch_returned(key);
            return None;
        }
        if call.repeat.is_none() { core.calls.remove(&key) } else { None }
    });
    if let Some(ended) = ended {
        ended.callback.release();
    }
}
