<?php
// Written by `cargo xtask stubs` from the extension and its doc comments. For editors;
// the extension itself is never loaded from here.

namespace Tusk;

/**
 * Spawns a coroutine that calls `$callable(...$args)`. It starts when its turn comes,
 * first in first out: at the next suspension of the running code, or at the script's end.
 */
function go(callable $callable, mixed ...$args): Coroutine {}

/**
 * Calls `$callable` in a coroutine and waits for it and for every coroutine that it
 * spawned, directly or not. Returns its result or throws its exception. **Suspends.**
 */
function run(callable $callable): mixed {}

/** Waits for `$seconds`; zero lets every coroutine that is ready run first. **Suspends.** */
function sleep(float $seconds): void {}

/**
 * Calls `$callable` in a coroutine of its own. After `$seconds` it is cancelled, its
 * `finally` blocks run, and a TimeoutException is thrown here. **Suspends.**
 */
function timeout(float $seconds, callable $callable): mixed {}

/**
 * The coroutine was asked to stop. Thrown where it waits, and
 * again at every later wait; clean up in `finally` and let it pass.
 */
class CancelledException extends \RuntimeException implements Failure
{
}

/**
 * A first in, first out queue between coroutines. With capacity 0, `send()` waits until a
 * receiver has taken the value's place. No value is lost, doubled or reordered when a
 * sender or receiver is cancelled or times out.
 */
final class Channel implements \Iterator, \Countable
{
    /** A channel with room for `$capacity` values. */
    public function __construct(int $capacity = 0) {}

    /**
     * Gives a value; waits for room. Throws TimeoutException, or MisuseError when the
     * channel is closed. **Suspends.**
     */
    public function send(mixed $value, ?float $timeout = null): void {}

    /**
     * Takes the oldest value; waits for one. Throws TimeoutException, or MisuseError when
     * the channel is closed and empty. **Suspends.**
     */
    public function receive(?float $timeout = null): mixed {}

    /** No more values: waiting senders get a MisuseError, receivers take what is left. */
    public function close(): void {}

    /** Was it closed? */
    public function isClosed(): bool {}

    /** Values inside. */
    public function count(): int {}

    /** Iteration takes values until the channel is closed and empty. **Suspends.** */
    public function current(): mixed {}

    /** How many values this iteration has taken before the current one. */
    public function key(): int {}

    /** Takes the next value. **Suspends.** */
    public function next(): void {}

    /** Starts an iteration: takes a value. **Suspends.** */
    public function rewind(): void {}

    /** Is there a current value? */
    public function valid(): bool {}
}

/**
 * The other side cannot be reached or has gone; a new connection
 * may help.
 */
class ConnectionException extends \RuntimeException implements Failure
{
}

/**
 * A coroutine: a function that runs on a Fiber of its own and gives way to others while it
 * waits. Made by `Tusk\go()`; the main script is coroutine 0.
 */
final class Coroutine
{
    /** The running coroutine. */
    public static function current(): Coroutine {}

    /** Its number; 0 is the main script. */
    public function id(): int {}

    /**
     * Waits for its end and returns what it returned; its exception is thrown here.
     * Joining a coroutine that was cancelled throws its CancelledException. **Suspends.**
     */
    public function join(?float $timeout = null): mixed {}

    /**
     * Asks it to stop: a CancelledException is thrown where it waits, and again at every
     * later wait. One that has not started never runs.
     */
    public function cancel(): void {}

    /** Has it ended? */
    public function isDone(): bool {}

    /** Was it asked to stop? */
    public function isCancelled(): bool {}

    /** Calls `$callable` when the running coroutine ends, last in first out. */
    public static function defer(callable $callable): void {}

    /**
     * Calls `$callable` now, with cancels held back until it returns, for `$grace` seconds
     * at most: for clean-up that must wait. **Suspends.**
     */
    public static function shield(callable $callable, float $grace = 5.0): mixed {}

    /** Waits until another coroutine calls `resume()`, and returns the value it gave. **Suspends.** */
    public static function suspend(): mixed {}

    /** Lets a coroutine in `suspend()` go on with `$value`. */
    public function resume(mixed $value = null): void {}

    /** Where it is, as `debug_backtrace()` without arguments. */
    public function getTrace(): array {}

    /** All coroutines that have not ended, by their number, the main script's included. */
    public static function all(): array {}
}

/** A device or its driver failed. */
class DeviceException extends \RuntimeException implements Failure
{
}

/**
 * The event loop of this process. Each callback runs in a coroutine of its own, made when
 * it first waits. Callbacks of one PHP stream and direction do not overlap, unless
 * `allowOverlap()` says that they may.
 */
final class EventLoop
{
    /** Calls `$callable(...$args)` once, in `$delay` seconds. Returns the timer's number. */
    public static function delay(float $delay, callable $callable, array $args = []): int {}

    /** Calls `$callable(...$args)` every `$interval` seconds. Returns the timer's number. */
    public static function repeat(float $interval, callable $callable, array $args = []): int {}

    /** Ends a timer; false when there is none of this number. */
    public static function cancelTimer(int $timer): bool {}

    /** Ends all timers. */
    public static function cancelAllTimers(): void {}

    /** Timers that have not ended. */
    public static function timerCount(): int {}

    /**
     * Calls `$callable($stream)` whenever the PHP stream can be read, has a connection to
     * accept, or was closed by its peer. Returns the watch's number.
     */
    public static function onReadable(mixed $stream, callable $callable): int {}

    /** Calls `$callable($stream)` whenever the PHP stream can be written. */
    public static function onWritable(mixed $stream, callable $callable): int {}

    /** Ends a watch; false when there is none of this number. */
    public static function cancelWatch(int $watch): bool {}

    /**
     * From now on the watch's callback is called again while a former call waits. With
     * `$atOnce` it is called once as soon as a call begins to wait, whether there is
     * something to read or not: for callbacks that have read more than they have handled.
     * False when there is no watch of this number.
     */
    public static function allowOverlap(int $watch, bool $atOnce = false): bool {}

    /**
     * Is a call of this watch's callback under way or about to begin? One that waits in a
     * watch that allows overlap does not count.
     */
    public static function isBusy(int $watch): bool {}

    /**
     * Calls `$callable($stream, $watch)` when something happens on a watched PHP stream
     * while the watch's callback waits: data, or its peer has closed. null: nobody is told.
     */
    public static function setBusyHandler(?callable $callable): void {}

    /**
     * From now on this static variable of a method is emptied whenever a callback begins to
     * wait: for hosts that keep an object there and hand it to several calls. Of one method
     * at a time. False when there is no such method of PHP code.
     */
    public static function forgetOnWait(string $class, string $method, string $variable): bool {}

    /** Gets the exceptions of callbacks; null: they become warnings. */
    public static function setErrorHandler(?callable $callable): void {}

    /** From now on pending signals are handled after every wait (`pcntl_signal` was used). */
    public static function watchSignals(): void {}

    /** Runs callbacks until `stop()`. **Suspends.** */
    public static function run(): void {}

    /** Ends `run()`. Callbacks that wait go on waiting. */
    public static function stop(): void {}
}

/** What every exception and error of Tusk implements. */
interface Failure extends \Throwable
{
}

/** C functions that block, called without holding everybody up. */
final class Ffi
{
    /**
     * A callable that runs a C function of `$lib` on a thread while the coroutine waits.
     * Arguments and results are converted as by `$lib` itself; errno is the C function's.
     * The function must be safe to call from another thread. One that takes a callback, or
     * something of PHP, is refused with a MisuseError. **The callable suspends.** When
     * its coroutine is cancelled the C function runs to its end, and its arguments live
     * until then.
     */
    public static function blocking(\FFI $lib, string $function): callable {}

    /** Calls the C function. */
    public function __invoke(mixed ...$arguments): mixed {}
}

/** The calling code is wrong; the message says how it is meant. */
class MisuseError extends \Error implements Failure
{
}

/**
 * A limit is reached; what was asked for was not begun and may be
 * tried again later.
 */
class OverloadedException extends \RuntimeException implements Failure
{
}

/** Tusk itself failed. The call is lost, the process goes on; please report it. */
class PanicError extends \Error implements Failure
{
}

/**
 * The other side said something that its protocol does not allow;
 * the connection is not used again.
 */
class ProtocolException extends \RuntimeException implements Failure
{
}

/** The other side did the work and reported a failure. */
class RemoteException extends \RuntimeException implements Failure
{
}

/** The runtime of this process. */
final class Runtime
{
    /** The driver in use and why not the other, kernel features, PHP, hooks. */
    public static function info(): array {}

    /** Counters: coroutines, switches, ops, timers, stacks. */
    public static function stats(): array {}

    /**
     * What would make the program faster or safer, as noticed so far. `shared_handles`:
     * connections and other handles that coroutines waited for one another in, each
     * with both places (`held_at`, `waited_at`) and the number of waits. A pool gives
     * each coroutine its own.
     */
    public static function report(): array {}

    /** The hooks that are on; with `$hooks` (a list of names, `all` or `none`), sets them. */
    public static function hooks(array|string|null $hooks = null): array {}

    /**
     * Calls that held up all coroutines for longer than `tusk.block_warn`: a list of arrays
     * with `file`, `line`, `function`, `call` (the system call it slept in, or null where
     * it computed), `times` and `longest` (seconds, as far as it was seen).
     */
    public static function blocked(): array {}
}

/** A deadline passed before what was waited for came. */
class TimeoutException extends \RuntimeException implements Failure
{
}

/**
 * This cannot be done on this platform, in this build or SAPI;
 * the message says what can.
 */
class UnsupportedException extends \RuntimeException implements Failure
{
}

/** Waits for a number of things to be done. */
final class WaitGroup
{
    /** Nothing to wait for yet, or `$count` things. */
    public function __construct(int $count = 0) {}

    /** `$count` more things. */
    public function add(int $count = 1): void {}

    /** One thing less; at zero all who wait go on. */
    public function done(): void {}

    /** Waits until nothing is left. Throws TimeoutException. **Suspends.** */
    public function wait(?float $timeout = null): void {}
}
