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
 * Calls all `$callables` at the same time, `$limit` of them at most, and returns their
 * results by their keys. The first failure cancels the others, and is thrown when all
 * have ended; so does TimeoutException after `$timeout` seconds. **Suspends.**
 */
function parallel(array $callables, ?int $limit = null, ?float $timeout = null): array {}

/**
 * Calls `$callable($attempt)`, and again after an exception of the classes `$on`:
 * `$attempts` times at most, after `$delay` seconds, then `$factor` times as long each
 * time, up to `$maxDelay`; with `$jitter` after half to all of that, by chance. No call
 * begins more than `$timeout` seconds after the first. The last exception is thrown as it
 * is; a cancel ends it at once. **Suspends.**
 */
function retry(callable $callable, int $attempts = 3, float $delay = 0.1, float $factor = 2.0, float $maxDelay = 30.0, bool $jitter = true, array|string $on = 'Exception', ?float $timeout = null): mixed {}

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

/** What every exception and error of Tusk implements. */
interface Failure extends \Throwable
{
}

/**
 * A number of coroutines wait for each other, again and again. One that gives up waiting
 * (cancelled, timed out) takes its arrival back; the others go on waiting for another.
 */
final class Barrier
{
    /** A barrier for `$parties` coroutines. */
    public function __construct(int $parties) {}

    /**
     * Waits until `$parties` coroutines are here; true for the one that came last.
     * Throws TimeoutException. **Suspends.**
     */
    public function wait(?float $timeout = null): bool {}

    /** How many wait now. */
    public function waiting(): int {}

    /** How often all were here. */
    public function rounds(): int {}
}

/**
 * The coroutine was asked to stop. Thrown where it waits, and
 * again at every later wait; clean up in `finally` and let it pass.
 */
class CancelledException extends \RuntimeException implements Failure
{
}

/**
 * A first in, first out queue between coroutines. With capacity 0, `send()` waits until a
 * receiver has come for the value. No value is lost, doubled or reordered when a sender or
 * receiver is cancelled or times out; what a `send()` that returned gave, somebody gets.
 */
final class Channel implements \IteratorAggregate, \Countable
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

    /**
     * Waits until one of several channels can go on, and does that one thing: a case is a
     * channel, to receive, or `[channel, value]`, to send. Returns the case's key, the
     * value that came (null for a send), and false instead of true when the channel is
     * closed and empty. Of several that can go none is preferred. Throws
     * TimeoutException, or MisuseError when a channel to send to is closed. **Suspends.**
     */
    public static function select(array $cases, ?float $timeout = null): array {}

    /** The same without waiting: null when no case can go now. */
    public static function trySelect(array $cases): ?array {}

    /** No more values: waiting senders get a MisuseError, receivers take what is left. */
    public function close(): void {}

    /** Was it closed? */
    public function isClosed(): bool {}

    /** Values inside. */
    public function count(): int {}

    /** Coroutines that wait to send. */
    public function sendersWaiting(): int {}

    /** Coroutines that wait to receive. */
    public function receiversWaiting(): int {}

    /** Takes values until the channel is closed and empty. Each loop has its own keys. */
    public function getIterator(): \Iterator {}
}

/**
 * One loop over a channel: it takes values until the channel is closed and empty. Several
 * loops over one channel share its values; each counts its own.
 */
final class ChannelIterator implements \Iterator
{
    /** Made by `foreach` and `Channel::getIterator()`. */
    public function __construct() {}

    /** The value that was taken last. */
    public function current(): mixed {}

    /** How many values this loop has taken before it. */
    public function key(): int {}

    /** Takes the next value. **Suspends.** */
    public function next(): void {}

    /** Takes the first value. **Suspends.** */
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
 * Values of a coroutine, by name: who is logged in, the request, the trace it belongs to.
 * A coroutine that is spawned starts with its spawner's values; what either changes later
 * the other does not see. They are given up when the coroutine has ended, after what it
 * deferred and before who joins it goes on, in the order in which they were set; those of
 * the main script after everything else has ended. A callback of the event loop starts
 * with none. An object is a copy of the values at one moment.
 */
final class Context
{
    /** An empty context, or one with `$values`, to call something with. */
    public function __construct(array $values = []) {}

    /** The value of `$name`, or `$default` when there is none. */
    public static function get(string $name, mixed $default = null): mixed {}

    /** Sets a value, for this coroutine and those it spawns from now on. */
    public static function set(string $name, mixed $value): void {}

    /** Is there a value, be it null? */
    public static function has(string $name): bool {}

    /** Forgets a value. */
    public static function delete(string $name): void {}

    /** All values by their name. */
    public static function all(): array {}

    /** Puts `$values` in the place of all that is set. */
    public static function replace(array $values): void {}

    /**
     * Calls `$callable` with `$values` put over what is set; what is changed inside is
     * forgotten when it returns.
     */
    public static function with(array $values, callable $callable): mixed {}

    /** A copy of what is set now, to take along to a callback. */
    public static function current(): Context {}

    /** Calls `$callable` with these values in the place of the caller's. */
    public function run(callable $callable): mixed {}

    /** These values by their name. */
    public function values(): array {}
}

/**
 * A coroutine: a function that runs on a Fiber of its own and gives way to others while it
 * waits. Made by `Tusk\go()`; the main script is coroutine 0.
 */
final class Coroutine
{
    /** The running coroutine. */
    public static function current(): Coroutine {}

    /**
     * Spawns a coroutine as `Tusk\go()` does, but runs it at once, before all who are ready;
     * the calling one goes on as soon as it waits or ends. **Suspends.**
     */
    public static function start(callable $callable, mixed ...$args): Coroutine {}

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

    /**
     * As `resume()`, but it goes on at once, before all who are ready; the calling one goes
     * on as soon as it waits or ends. The coroutine that was spawned last begins. **Suspends.**
     */
    public function resumeNow(mixed $value = null): void {}

    /**
     * Lets the coroutine that became ready last run at once, before all others; the calling
     * one goes on as soon as it waits or ends. For who has just woken somebody. **Suspends.**
     */
    public static function giveWay(): void {}

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
     * From now on nobody finds in this static variable of a method, an array, what a callback
     * that waits was handed from it: for hosts that keep objects there and hand one to several
     * calls. `$another` is called with such an object, may not wait, and returns one that
     * takes its place in the array, or null. Of one method at a time. False when there is
     * no such method of PHP code.
     */
    public static function forgetOnWait(string $class, string $method, string $variable, ?callable $another = null): bool {}

    /**
     * File calls of this class's own code never suspend from now on: it relies on nobody
     * coming in between. False: there is no such class. One class at a time.
     */
    public static function filesBlockIn(string $class): bool {}

    /** Gets the exceptions of callbacks; null: they become warnings. */
    public static function setErrorHandler(?callable $callable): void {}

    /** From now on pending signals are handled after every wait (`pcntl_signal` was used). */
    public static function watchSignals(): void {}

    /** Runs callbacks until `stop()`. **Suspends.** */
    public static function run(): void {}

    /** Ends `run()`. Callbacks that wait go on waiting. */
    public static function stop(): void {}
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
 * One coroutine at a time, for work that waits in the middle and must not be interleaved.
 * Between two waits nothing is interleaved anyway. First come, first served: who unlocks
 * and locks again stands at the end of the line.
 */
final class Mutex
{
    /** A lock that is free. */
    public function __construct() {}

    /**
     * Waits for the lock and takes it. Throws TimeoutException; MisuseError when the
     * caller has it already, or when the coroutine that had it ends without unlock(). **Suspends.**
     */
    public function lock(?float $timeout = null): void {}

    /** Takes the lock if it is free and nobody waits for it. */
    public function tryLock(): bool {}

    /** Hands the lock to who waits longest. MisuseError when the caller does not have it. */
    public function unlock(): void {}

    /**
     * Calls `$callable` with the lock, and unlocks whatever it returns or throws.
     * **Suspends.**
     */
    public function with(callable $callable, ?float $timeout = null): mixed {}

    /** Does somebody have it? */
    public function isLocked(): bool {}

    /** How many coroutines wait for it. */
    public function waiting(): int {}
}

/**
 * A value that is made when it is first asked for, once, however many coroutines ask at the
 * same time. A failure is thrown to all who wait for this try and not kept: the next one who
 * asks tries again. Making it goes on while anybody waits for it.
 */
final class Once
{
    /** `$make()` will make the value. */
    public function __construct(callable $make) {}

    /**
     * The value; waits while it is being made. Throws what `$make` threw, or
     * TimeoutException. **Suspends.**
     */
    public function get(?float $timeout = null): mixed {}

    /** Has it been made? */
    public function isDone(): bool {}

    /** Forgets the value: the next one who asks makes another. */
    public function reset(): void {}
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
    /**
     * What it said beside its text: an array of the server's fields from databases
     * (docs/postgres.md, docs/odbc.md), JSON-RPC's `data`, else null.
     */
    public $data = null;
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

    /**
     * Every coroutine that has not ended, by its number: `state` (queued, running, ready,
     * waiting), `waits_in` (the call) and `waits_for` (what is known of it) or null,
     * `file` and `line` where it is, `spawned_at`, and whether it was `cancelled`.
     */
    public static function coroutines(): array {}

    /** The same with every stack, as text to log. Arguments are left out. */
    public static function dump(): string {}

    /** Numbers of this process in Prometheus' text format. */
    public static function metrics(): string {}

    /**
     * What `tusk.trace_shared_state` has found so far: rows of `variable`, `written_at`
     * and `read_at`. Empty when the mode is off.
     */
    public static function sharedState(): array {}
}

/**
 * Structured concurrency: coroutines that belong together. The first one that fails stops the
 * others, and what is started in a scope has ended before `run()` or `join()` returns: the
 * coroutines of `go()`, and all that they start with `Tusk\go()`, `Tusk\run()` or in scopes
 * of their own. Prefer `Scope::run()`; an object that goes away stops what is left in it.
 */
final class Scope implements \Countable
{
    /**
     * A scope for at most `$limit` coroutines of its `go()` at a time, which are all
     * stopped after `$timeout` seconds. It lies inside the scope of the running coroutine.
     */
    public function __construct(?int $limit = null, ?float $timeout = null) {}

    /**
     * Calls `$callable(Scope)` in a coroutine and waits for it and for everything started
     * in the scope. Returns its result; throws the first failure of it or of `go()`, or
     * TimeoutException after `$timeout`, when all have ended; returns null when `cancel()`
     * of the scope itself ended it. **Suspends.**
     */
    public static function run(callable $callable, ?int $limit = null, ?float $timeout = null): mixed {}

    /**
     * Starts a coroutine in the scope; waits for a place where the limit is reached.
     * CancelledException when the scope has stopped. **Suspends.**
     */
    public function go(callable $callable, mixed ...$args): Coroutine {}

    /**
     * Waits until all have ended, and throws the first failure, or TimeoutException when
     * the scope's deadline stopped it. `$timeout` ends only this wait. **Suspends.**
     */
    public function join(?float $timeout = null): void {}

    /** Asks all to stop, and nothing more can be started. */
    public function cancel(): void {}

    /** Has it stopped: cancelled, failed, past its deadline, or over? */
    public function isCancelled(): bool {}

    /** Coroutines that have not ended; those of an inner scope or run count as one. */
    public function count(): int {}
}

/**
 * A number of permits: so many coroutines at a time do something. First come, first
 * served: one who waits for several permits is not overtaken by those who want fewer.
 */
final class Semaphore
{
    /** `$permits` permits, all free. */
    public function __construct(int $permits) {}

    /** Waits for permits and takes them. Throws TimeoutException. **Suspends.** */
    public function acquire(int $permits = 1, ?float $timeout = null): void {}

    /** Takes permits if they are free and nobody waits. */
    public function tryAcquire(int $permits = 1): bool {}

    /** Gives permits back. MisuseError when that is more than were taken. */
    public function release(int $permits = 1): void {}

    /**
     * Calls `$callable` with permits, and gives them back whatever it returns or throws.
     * **Suspends.**
     */
    public function with(callable $callable, int $permits = 1, ?float $timeout = null): mixed {}

    /** Permits that are free. */
    public function available(): int {}

    /** How many coroutines wait for permits. */
    public function waiting(): int {}
}

/**
 * Coroutines that ask for the same key at the same time share one call and its result, or its
 * exception: a page that a thousand visitors miss in the cache is made once. Nothing is kept
 * when it has ended. The call runs in a coroutine of its own: the visitor who came first may
 * be cancelled, and the others still get it; it is cancelled when the last one has given up.
 */
final class SingleFlight implements \Countable
{
    /** Nothing under way. */
    public function __construct() {}

    /**
     * The result of `$callable()`, or of the call for `$key` that is under way. Throws
     * what that threw, or TimeoutException. **Suspends.**
     */
    public function run(string $key, callable $callable, ?float $timeout = null): mixed {}

    /** Who asks for `$key` from now on makes a call of its own. */
    public function forget(string $key): void {}

    /** Calls under way. */
    public function count(): int {}
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

namespace Tusk\Device;

/**
 * Memory of a device, by handle: it is given back when the last reference and the last view
 * have gone, and never while the device works on it. What several coroutines ask of one
 * device is done in the order of asking.
 */
final class Buffer
{
    /** Made by `Device::allocate()` and `Device::pinned()`. */
    public function __construct() {}

    /** Its length in bytes. */
    public function size(): int {}

    /** The device. */
    public function device(): Device {}

    /** Is it pinned host memory? */
    public function isPinned(): bool {}

    /** The address of its first byte, as the device's driver names it. */
    public function address(): int {}

    /** A view of a part, which keeps the whole alive; writes are seen by both. */
    public function view(int $offset, ?int $length = null): Buffer {}

    /** Copies a string or the packed bytes of a tensor to the buffer. **Suspends.** */
    public function write(Tensor|string $bytes, int $offset = 0): void {}

    /** A copy of its bytes. **Suspends.** */
    public function read(int $offset = 0, ?int $length = null): string {}

    /** A tensor in host memory with a copy of its bytes. **Suspends.** */
    public function toTensor(string $dtype, array $shape): Tensor {}

    /**
     * Its beginning as a tensor where it lies, for a model: the bytes are not copied, and
     * writes are seen.
     */
    public function tensor(string $dtype, array $shape): DeviceTensor {}

    /**
     * Copies all of it to a buffer of the same length, of the same or another device of
     * the kind, or between pinned memory and its device. **Suspends.**
     */
    public function copyTo(Buffer $to): void {}

    /** Sets every byte. **Suspends.** */
    public function fill(int $byte): void {}

    /** Another buffer of the same device with the same bytes. **Suspends.** */
    public function duplicate(): Buffer {}

    /** Always throws a MisuseError: device memory does not leave its process this way. */
    public function __serialize(): array {}

    /** The same. */
    public function __unserialize(array $data): void {}
}

/** A tensor for a C library that speaks DLPack: a `DLManagedTensor` and its owner. */
final class Capsule
{
    /** Made by `Tensor::dlpack()`. */
    public function __construct() {}

    /**
     * The address of the `DLManagedTensor`, for a library that only looks at it. It is
     * valid as long as this object lives.
     */
    public function pointer(): int {}

    /**
     * The same address for a library that takes it over, and calls its deleter: the
     * tensor's bytes live until then. Once only.
     */
    public function take(): int {}
}

/**
 * Memory that something else than the processor computes on, and the host's as one of them.
 * Drivers are loaded when they are first asked for. A device belongs to the process that
 * opened it: in workerman, open it in onWorkerStart.
 */
final class Device
{
    /** Made by the static methods. */
    public function __construct() {}

    /**
     * What was found, by kind: `available`, `reason` (why not), and `devices` with
     * `ordinal`, `name`, `free` and `total` bytes.
     */
    public static function all(): array {}

    /** This machine's memory. */
    public static function host(): Device {}

    /** An NVIDIA GPU. Throws UnsupportedException when there is no driver. */
    public static function cuda(int $ordinal = 0): Device {}

    /** A Huawei Ascend NPU. */
    public static function ascend(int $ordinal = 0): Device {}

    /** A Cambricon MLU. */
    public static function cambricon(int $ordinal = 0): Device {}

    /**
     * A buffer of so many bytes, whose contents are undefined. Beyond the quota it waits
     * for room for `$timeout` seconds (null: for ever), then throws DeviceException.
     * **Suspends.**
     */
    public function allocate(int $bytes, ?float $timeout = 0.0): Buffer {}

    /**
     * The same in host memory that the device copies from and to without detours.
     * **Suspends.**
     */
    public function pinned(int $bytes, ?float $timeout = 0.0): Buffer {}

    /** Sets the quota of this process: bytes in use and kept for reuse; null for none. */
    public function limit(?int $bytes): void {}

    /** Gives what is kept for reuse back to the driver; how many bytes it was. */
    public function trim(): int {}

    /** `buffers`, `used`, `cached`, `limit`, `allocations`, `reused`. */
    public function stats(): array {}

    /** Waits until everything that was asked of it so far is done. **Suspends.** */
    public function synchronize(): void {}

    /** host, cuda, ascend or cambricon. */
    public function kind(): string {}

    /** Its number among those of its kind. */
    public function ordinal(): int {}
}

/**
 * A tensor in the memory of a device: a type and a shape over a Buffer. A Session takes it as an
 * input where it lies, and gives it as an output with the option `outputs`.
 */
final class DeviceTensor
{
    /** Made by `Tensor::toDevice()`, `Buffer::tensor()` and `Session::run()`. */
    public function __construct() {}

    /** Its type. */
    public function dtype(): string {}

    /** Lengths of its dimensions. */
    public function shape(): array {}

    /** The device whose memory it lies in. */
    public function device(): Device {}

    /** Its bytes, packed: exactly those of its elements. A view, not a copy. */
    public function buffer(): Buffer {}

    /** A copy in host memory. **Suspends.** */
    public function toTensor(): Tensor {}

    /** Always throws a MisuseError: device memory does not leave its process this way. */
    public function __serialize(): array {}

    /** The same. */
    public function __unserialize(array $data): void {}
}

/**
 * Numbers of one type in a shape, over bytes that are shared and never change: a string, a
 * mapped file, another tensor. Types are f16, bf16, f32, f64, i8, i16, i32, i64, u8, bool and
 * i4 (two in a byte, the first in the low half). No arithmetic.
 */
final class Tensor
{
    /** Made by the static methods. */
    public function __construct() {}

    /** Over the bytes of a string, which are not copied. Without a shape, one dimension. */
    public static function fromString(string $bytes, string $dtype, ?array $shape = null): Tensor {}

    /**
     * Of nested lists of numbers, all of one shape. Without a type: f32 if there is a
     * float, else i64, bool for booleans.
     */
    public static function fromArray(array $values, ?string $dtype = null): Tensor {}

    /** Of zeroes. */
    public static function zeros(array $shape, string $dtype = 'f32'): Tensor {}

    /**
     * Over a file of numpy, which is mapped, not read. Throws ProtocolException when it
     * is damaged or truncated.
     */
    public static function fromNpy(string $path): Tensor {}

    /**
     * All tensors of a safetensors file, by name, over the mapped file. Throws
     * ProtocolException when it is damaged or truncated.
     */
    public static function fromSafetensors(string $path): array {}

    /** One after the other along a dimension that they have. */
    public static function concat(array $tensors, int $axis = 0): Tensor {}

    /** As rows of a new dimension. */
    public static function stack(array $tensors, int $axis = 0): Tensor {}

    /** Its type. */
    public function dtype(): string {}

    /** Lengths of its dimensions. */
    public function shape(): array {}

    /** Elements from one index of a dimension to the next. */
    public function strides(): array {}

    /** How many elements it has. */
    public function count(): int {}

    /** How many bytes its elements take, packed. */
    public function bytes(): int {}

    /** Do its elements lie one after the other, without gaps? */
    public function isPacked(): bool {}

    /**
     * The same elements in another shape; one length may be -1, for what is left. Shares
     * the bytes unless there are gaps between them.
     */
    public function reshape(array $shape): Tensor {}

    /**
     * A view of a part of one dimension; a negative start counts from its end, and
     * without a length it is all that follows.
     */
    public function slice(int $axis, int $start, ?int $length = null, int $step = 1): Tensor {}

    /**
     * A view of one index of the first dimension, without that dimension; a negative
     * index counts from the end.
     */
    public function at(int $index): Tensor {}

    /** Itself, or a copy without gaps. */
    public function packed(): Tensor {}

    /**
     * Itself, or a copy in another type: what does not fit becomes the nearest that does,
     * a fraction is cut off, NaN is 0 in integer types.
     */
    public function cast(string $dtype): Tensor {}

    /** Nested lists of its numbers; a number for a tensor without dimensions. */
    public function toArray(): mixed {}

    /** Its packed bytes; not copied when it is all of the string that it was made from. */
    public function toString(): string {}

    /** A copy in the memory of a device, for a model that computes there. **Suspends.** */
    public function toDevice(Device $device): DeviceTensor {}

    /** For a C library that speaks DLPack. */
    public function dlpack(): Capsule {}

    /**
     * The address of its first byte, for FFI: `FFI::cast('float *', $tensor->pointer())`.
     * Valid as long as the tensor lives, and only to be read. The tensor must be packed.
     */
    public function pointer(): int {}

    /**
     * A path under /proc from which another process of the same user maps the same bytes
     * (`fromSafetensors($path)['tensor']`, or safetensors in Python): sealed memory that
     * nobody can change. It exists as long as the tensor. The first call copies the bytes
     * once.
     */
    public function share(): string {}
}

namespace Tusk\Grpc;

/**
 * A gRPC call of any kind: messages out, messages in, and a status at the end. One
 * coroutine may send while another receives. A call that nobody holds any more, or whose
 * coroutine is cancelled while it waits in it, is cancelled, and the server learns of it.
 */
final class Call
{
    /**
     * Begins a call. `$timeout` is the time of the whole call, and the server is told.
     * With `$message`, that is the whole request; without it, `send()` and
     * `closeSend()` make it.
     */
    public function __construct(Channel $channel, string $method, array $metadata = [], ?float $timeout = null, ?string $message = null) {}

    /**
     * Sends a message; waits while too much is on its way already. False: the call has
     * ended, or its request was closed. **Suspends.**
     */
    public function send(string $message, bool $compress = true): bool {}

    /** The request is complete. */
    public function closeSend(): void {}

    /**
     * The next message, or null when there are no more; then `status()` says why. Throws
     * TimeoutException after `$timeout`; the call goes on. **Suspends.**
     */
    public function receive(?float $timeout = null): ?string {}

    /**
     * The server's initial metadata, as names to lists of values; empty when the call
     * ended without any. **Suspends.**
     */
    public function headers(?float $timeout = null): array {}

    /** How the call ended: `code`, `details` and trailing `metadata`. **Suspends.** */
    public function status(?float $timeout = null): array {}

    /** The server's address, or null while there is no connection. */
    public function peer(): ?string {}

    /** Ends the call with CANCELLED, if it has not ended. */
    public function cancel(): void {}
}

/**
 * A gRPC client for one server or several. Connections are made when they are needed, are
 * shared by all coroutines, and run in the background thread.
 */
final class Channel
{
    /**
     * A channel to `host:port`, `dns:`, `ipv4:`, `ipv6:` or `unix:`, or to a list of
     * them, over which calls are then spread. docs/grpc.md describes the options.
     */
    public function __construct(array|string $target, array $options = []) {}

    /**
     * A call with one message each way; returns the answer. Every failure is an
     * exception with gRPC's code: TimeoutException, ConnectionException,
     * ProtocolException, OverloadedException, RemoteException. **Suspends.**
     */
    public function unary(string $method, string $message, array $metadata = [], ?float $timeout = null): string {}

    /**
     * What the server's health service says of `$service`: 0 unknown, 1 serving, 2 not
     * serving, 3 no such service. **Suspends.**
     */
    public function health(string $service = '', ?float $timeout = null): int {}

    /**
     * 0 idle, 1 connecting, 2 ready, 3 failing, 4 closed; with `$connect`, a connection
     * is begun if there is none.
     */
    public function state(bool $connect = false): int {}

    /** Waits until the state is not `$last` any more; false after `$timeout`. **Suspends.** */
    public function waitForState(int $last, ?float $timeout = null): bool {}

    /** Calls that have not ended. */
    public function count(): int {}

    /** What it was opened with. */
    public function target(): string {}

    /** No new calls; connections end with the last call. */
    public function close(): void {}
}

namespace Tusk\Infer;

/**
 * Runs a Batcher's batches, in a coroutine that the Batcher starts; it ends when nothing is
 * left to run. It is seen in dumps, and made by nobody else.
 */
final class BatchWorker
{
    /** Made by a Batcher. */
    public function __construct() {}

    /** Runs batches until nothing is left. **Suspends.** */
    public function __invoke(): void {}
}

/**
 * Turns requests that come one by one into batches. Coroutines call `infer()`, each with its
 * own inputs; the executor is called with those of several at once. The options are Triton's
 * (`dynamic_batching`), durations are seconds.
 */
final class Batcher
{
    /**
     * `$executor` is a callable that gets a list of inputs, each as `infer()` was given it,
     * and returns a list of outputs (arrays) in their order; a Throwable among them fails
     * only its item. A batch runs when `$maxBatch` items are there, or one of `$preferred`,
     * or the oldest has waited for `$maxDelay`; with `$adaptive` earlier, when nothing more
     * is likely to come. While `$instances` batches run the next is collected. Priorities
     * run from 1, the most urgent, to `$priorities`. `$policies` are those of their queues:
     * `[priority => ['action' => 'reject' or 'delay', 'timeout' => seconds,
     * 'allowOverride' => bool, 'maxQueueSize' => number]]`, 0 for all others. Beyond
     * `$maxItems` that wait or run, `infer()` throws. With `$preserveOrder` answers come in
     * the order of their questions. With `$retrySingly` the items of a batch that failed
     * run again, each alone. `$name` is that in `Runtime::metrics()`. Or `$executor` is a
     * Session or a Remote, or a list of them with the same model on several devices or servers
     * (each batch goes to the one with the least to do; `$instances` is then one for each unless
     * given): `infer()` then takes and gives what its `run()` does, and tensors of
     * several items are joined along their axis 0 or that in `$axes` (null: all items of a
     * batch have the same). Inputs named in `$pad` may differ in other lengths and are
     * filled up with its number, to the longest of the batch or the next of `$buckets`.
     */
    public function __construct(mixed $executor, int $maxBatch = 32, float $maxDelay = 0.005, array $preferred = [], bool $adaptive = false, ?int $instances = null, int $priorities = 1, int $defaultPriority = 1, array $policies = [], int $maxItems = 4096, bool $preserveOrder = false, bool $retrySingly = false, string $name = '', array $axes = [], array $pad = [], array $buckets = []) {}

    /**
     * Waits for the outputs of these inputs. `$priority` 0 is the default's. Throws what
     * the executor threw for this item or its batch, TimeoutException after `$timeout`
     * seconds (the item is taken out of the queue), or OverloadedException when the queue
     * is full or the item waited longer than its policy allows. **Suspends.**
     */
    public function infer(array $inputs, ?float $timeout = null, int $priority = 0): array {}

    /**
     * What it has done: `queued` and `running` now; `items`, `done`, `failed`, `expired`,
     * `rejected`, `cancelled`, `refused`, `batches` and `retried` so far; `sizes`, batches
     * by their number of rows; `queue_seconds`, `queue_seconds_max` and `run_seconds`.
     */
    public function stats(): array {}

    /** Takes no more items; those that wait run at once. */
    public function close(): void {}
}

/**
 * A model on another machine, over KServe's open inference protocol (v2): Triton, KServe,
 * MLServer. Its interface is that of Session; connections are made when they are needed, are
 * shared by all coroutines, and live in the background thread.
 */
final class Remote
{
    /**
     * A model at `grpc://host:port/MODEL` or `http://host:port/v2/models/MODEL`, with
     * `/versions/VERSION` where one is wanted; `grpcs://` and `https://` for TLS. Options:
     * `headers` of every request, `parameters` of every run, over HTTP `binary` (null asks
     * the server) and `connections`, and those of Tusk\Grpc\Channel (over HTTP `tls`,
     * `connectTimeout`, `maxReceive` and `calls` of them).
     */
    public function __construct(string $url, array $options = []) {}

    /**
     * Runs it: `name => Tusk\Device\Tensor` in and out; nested lists of numbers are
     * made tensors of the type that the model wants. Throws MisuseError for inputs that do
     * not fit, RemoteException for what the server refuses (its code is gRPC's or HTTP's),
     * ConnectionException, ProtocolException, TimeoutException, OverloadedException. A
     * cancel gives the request up at the server too. **Suspends.**
     */
    public function run(array $inputs, ?float $timeout = null): array {}

    /**
     * What it wants, as the server says: `name => ['dtype' => string, 'shape' => list]`;
     * null in a shape is any length. Empty where the server does not say. Asked once.
     * **Suspends.**
     */
    public function inputs(?float $timeout = null): array {}

    /** What it gives, in the same form. **Suspends.** */
    public function outputs(?float $timeout = null): array {}

    /** What the server says of the model: `name`, `platform` and `versions`. **Suspends.** */
    public function metadata(?float $timeout = null): array {}

    /**
     * Is the server there? A server that cannot be reached is a ConnectionException.
     * **Suspends.**
     */
    public function live(?float $timeout = null): bool {}

    /** Does it take requests? **Suspends.** */
    public function ready(?float $timeout = null): bool {}

    /** Does the model, in this version? **Suspends.** */
    public function modelReady(?float $timeout = null): bool {}

    /** What the server says of itself: `name`, `version` and `extensions`. **Suspends.** */
    public function server(?float $timeout = null): array {}
}

/**
 * A model on ONNX Runtime, or an Ascend's own (`.om`). It runs on threads while the coroutine
 * waits; sessions of the same file and options share one loaded model, whose runs go side by side.
 * ONNX Runtime's library is found by `tusk.onnx_library`, ORT_DYLIB_PATH, or where pip and npm
 * put it.
 */
final class Session
{
    /**
     * Loads the model of a file, on a thread. Options: `device` that it computes on (cpu,
     * cuda:0, ascend:0), which a file that ends in .om must name; `outputs`, "device" for
     * outputs that stay in its memory as DeviceTensor; `runs`, most at the same time (0: as
     * many as the threads for models allow); `provider` (cpu, cuda or cann) instead of the
     * device's name; `warmUp`, inputs for one run before the constructor returns. Throws
     * UnsupportedException where ONNX Runtime or the device is missing, or cannot run the
     * model. **Suspends.**
     */
    public function __construct(string $path, array $options = []) {}

    /**
     * Runs it: `name => Tusk\Device\Tensor` in and out. An input may be a DeviceTensor, which
     * is read where it lies; nested lists of numbers are made tensors of the type that the
     * model wants. Throws MisuseError for inputs that do
     * not fit (it says what was expected and what was given), DeviceException when the
     * run fails, TimeoutException. A cancel stops the run. **Suspends.**
     */
    public function run(array $inputs, ?float $timeout = null): array {}

    /**
     * What it wants: `name => ['dtype' => string, 'shape' => list]`. A length is a number;
     * one that may be any is its name in the model, or null.
     */
    public function inputs(): array {}

    /** What it gives, in the same form. */
    public function outputs(): array {}

    /** What its maker wrote into it: producer, version, description and own entries. */
    public function metadata(): array {}
}

namespace Tusk\Pool;

/**
 * A connection on loan. It goes back when it is released, when this object is freed, or when
 * the coroutine that took it ends, whichever is first, and whatever ended it: a return, an
 * exception or a cancel.
 */
final class Lease
{
    /** The connection. MisuseError when it was given back. */
    public function get(): mixed {}

    /**
     * Gives it back; the second time does nothing. Never waits. Who knows that there is
     * nothing to reset says so with `$clean`: the pool's `reset` is not called then.
     */
    public function release(bool $clean = false): void {}

    /** Gives it back as broken: it is closed, and another takes its place. */
    public function discard(): void {}

    /**
     * Has the peer closed the connection, as far as the kernel knows? Nothing is sent or
     * waited for. It looks for a socket in a PDO connection (MySQL through mysqlnd,
     * PostgreSQL), a Redis object, a PHP stream, or an object with one of these in a property; false where
     * there is none.
     */
    public function hasHungUp(): bool {}

    /**
     * Says that the peer has just answered: until the event loop turns, an `acquire()` that
     * looks whether the peer has closed the connection need not look.
     */
    public function answered(): void {}

    /** Was it given back? */
    public function isReleased(): bool {}
}

/**
 * Databases that ship an ODBC driver, for any number of coroutines on few connections. Each
 * connection has a thread of its own, in which the driver may block; the coroutine waits.
 */
final class Odbc
{
    /** Not this way: connect() makes pools. */
    public function __construct() {}

    /**
     * A pool of up to `$max` connections, `$min` of them made ahead. `$dsn` is a data
     * source's name or a connection string, `Driver={…};Server=…`. `$timeout` is for
     * statements that name none. docs/odbc.md describes the options. Throws
     * UnsupportedException where unixODBC or the driver is missing, ConnectionException.
     * **Suspends.**
     */
    public static function connect(string $dsn, ?string $user = null, ?string $password = null, int $max = 8, int $min = 0, ?float $timeout = null, array $options = []): Odbc {}

    /**
     * Runs a statement with `$params` for its question marks and returns all rows.
     * Throws RemoteException with SQLSTATE and native code in `data`, TimeoutException,
     * ConnectionException, OverloadedException. **Suspends.**
     */
    public function query(string $sql, array $params = [], ?float $timeout = null): OdbcResult {}

    /**
     * Runs a statement and returns how many rows it changed; -1 where the driver does
     * not say. **Suspends.**
     */
    public function execute(string $sql, array $params = [], ?float $timeout = null): int {}

    /**
     * Runs a query whose rows are fetched as they are read, in bounded memory. `$timeout`
     * is for every wait. **Suspends.**
     */
    public function stream(string $sql, array $params = [], ?float $timeout = null): OdbcStream {}

    /**
     * Calls `$callable` in a transaction: all that its coroutine asks of this pool
     * meanwhile runs on one connection. Commits when it returns, rolls back when it
     * throws. `$mode` is an isolation level, such as `'serializable'`. `$timeout` is for
     * the wait for a connection, the begin and the commit, each. **Suspends.**
     */
    public function transaction(callable $callable, string $mode = '', ?float $timeout = null): mixed {}

    /** Is the running coroutine inside `transaction()`? */
    public function inTransaction(): bool {}

    /** Connections by state, counters, and what driver and database call themselves. */
    public function stats(): array {}

    /** Nothing more can be asked; connections end as they become free. */
    public function close(): void {}
}

/**
 * All rows of a result, or of several. It holds no connection. Exact numbers and dates are strings, bytes are
 * strings, and text is UTF-8 whatever the database stores.
 */
final class OdbcResult implements \Iterator, \Countable
{
    /** Made by `query()`. */
    public function __construct() {}

    /**
     * From now on rows are lists, with each column at its number: two of one name are both
     * there.
     */
    public function byNumber(): static {}

    /** All rows, each by its columns' names. */
    public function fetchAll(): array {}

    /** The first row; null when there is none. */
    public function fetchOne(): ?array {}

    /** The first column of the first row; null when there is none. */
    public function fetchValue(): mixed {}

    /** One column of all rows. */
    public function fetchColumn(int $column = 0): array {}

    /**
     * Rows of the result, or, where there is none, rows that were changed (-1: the driver
     * does not say).
     */
    public function rowCount(): int {}

    /**
     * Goes on to the statement's next result: a procedure's, or that of the next of several
     * statements. False: there is none, and this one stays. One without columns tells only
     * how many rows were changed.
     */
    public function nextResult(): bool {}

    /** Name, type, size, scale and whether it may be null, of every column. */
    public function columns(): array {}

    /** Rows of the result. */
    public function count(): int {}

    /** The current row. */
    public function current(): mixed {}

    /** Its number. */
    public function key(): int {}

    /** Goes to the next. */
    public function next(): void {}

    /** Goes to the first. */
    public function rewind(): void {}

    /** Is there a current one? */
    public function valid(): bool {}
}

/**
 * Rows of `stream()`, a bounded part of them in memory at a time. It has a connection for
 * itself until the last was read, `close()`, or it is dropped. `foreach` can go over it once.
 */
final class OdbcStream implements \Iterator
{
    /** Made by `stream()`. */
    public function __construct() {}

    /**
     * From now on rows are lists, with each column at its number: two of one name are both
     * there.
     */
    public function byNumber(): static {}

    /** Name, type, size, scale and whether it may be null, of every column. */
    public function columns(): array {}

    /** The current row. **Suspends.** */
    public function current(): mixed {}

    /** Its number. */
    public function key(): int {}

    /** Goes to the next. **Suspends.** */
    public function next(): void {}

    /** Does nothing at the first row; MisuseError after it. **Suspends.** */
    public function rewind(): void {}

    /** Is there a current row? **Suspends.** */
    public function valid(): bool {}

    /** Ends it before its end. */
    public function close(): void {}
}

/**
 * Connections, or any objects that only one coroutine may use at a time. A coroutine takes
 * one, uses it and gives it back; while all are lent, takers wait, first come first served.
 */
final class Pool
{
    /**
     * `$factory` makes a connection, `$reset` gets one that was given back and makes it as
     * good as new, `$isAlive` says whether one that was idle for `$checkAfter` seconds, or
     * was in use when its user failed, still works. All three may suspend. Durations are
     * seconds; null is never. `$budget` (`['name' => 'orders', 'limit' => 60]`) is what all
     * processes that name it may have together. docs/pools.md has the rest.
     */
    public function __construct(callable $factory, int $max = 8, int $min = 0, ?callable $reset = null, ?callable $isAlive = null, float $waitTimeout = 10.0, ?float $idleTimeout = 60.0, ?float $maxLifetime = 1800.0, ?float $checkAfter = 1.0, ?float $leakAfter = null, string $name = 'pool', int $maxWaiters = 100000, ?array $budget = null) {}

    /**
     * Lends a connection. Throws what `$factory` threw, TimeoutException after `$timeout`
     * (by default `waitTimeout`), ConnectionException while the server is known to be down,
     * OverloadedException when too many wait, MisuseError when the pool was closed. With
     * `$look`, a connection that its peer has closed while it was idle is replaced by another
     * (see Lease::hasHungUp(), which says where that can be seen). **Suspends.**
     */
    public function acquire(?float $timeout = null, bool $look = false): Lease {}

    /** Lends an idle connection, or null. Never waits, never connects. */
    public function tryAcquire(): ?Lease {}

    /**
     * Calls `$callable` with a connection, and gives it back whatever it returns or
     * throws. **Suspends.**
     */
    public function with(callable $callable, ?float $timeout = null): mixed {}

    /** Changes the bounds. What is too much is closed as it comes back. */
    public function resize(int $max, int $min = 0): void {}

    /**
     * Nobody gets a connection any more. Waits until all have come back; false after
     * `$timeout`. **Suspends.**
     */
    public function close(?float $timeout = null): bool {}

    /** Connections by their state, and what was done so far. */
    public function stats(): array {}
}

/**
 * PostgreSQL for any number of coroutines on few connections: queries are pipelined, and
 * transactions, streams and COPY have a connection for themselves meanwhile.
 */
final class Postgres
{
    /** Not this way: connect() makes pools. */
    public function __construct() {}

    /**
     * A pool of up to `$max` connections. `$dsn` is `postgresql://user:password@host/db`,
     * PDO's `pgsql:host=…`, libpq's `host=… user=…`, or an array of the same names. TLS
     * is verified unless `sslmode` says otherwise. Options: lazy, idle_timeout, pipeline,
     * max_queue, max_result_bytes, statement_cache (0 behind pgbouncer), budget. `$timeout` is
     * for queries that name none. Throws ConnectionException. **Suspends.**
     */
    public static function connect(array|string $dsn, int $max = 8, int $min = 0, ?float $timeout = null, array $options = []): Postgres {}

    /**
     * Runs a statement with `$params` for `$1`, `$2` … and returns all its rows. Throws
     * RemoteException with the server's fields in `data`, TimeoutException,
     * ConnectionException, OverloadedException. **Suspends.**
     */
    public function query(string $sql, array $params = [], ?float $timeout = null): PostgresResult {}

    /** Runs a statement and returns how many rows it changed. **Suspends.** */
    public function execute(string $sql, array $params = [], ?float $timeout = null): int {}

    /** Asks the server about a statement that is run later. **Suspends.** */
    public function prepare(string $sql, ?float $timeout = null): PostgresStatement {}

    /**
     * Runs a query whose rows are read one by one, in bounded memory. `$timeout` is for
     * each wait. **Suspends.**
     */
    public function stream(string $sql, array $params = [], ?float $timeout = null): PostgresStream {}

    /**
     * Calls `$callable($this)` inside a transaction and commits when it returns; rolls
     * back when it throws. What the calling coroutine asks of the pool meanwhile happens
     * inside; other coroutines are not affected. Inside another transaction it is a
     * savepoint. `$mode` such as `ISOLATION LEVEL SERIALIZABLE, READ ONLY`. `$timeout` is
     * for each of connection, BEGIN and COMMIT. **Suspends.**
     */
    public function transaction(callable $callable, string $mode = '', ?float $timeout = null): mixed {}

    /**
     * `COPY … FROM STDIN`: `$rows` yields strings in the format that `$sql` names, or
     * arrays, which are written in the text format. Returns how many rows there are then.
     * `$timeout` is for each wait. **Suspends.**
     */
    public function copyIn(string $sql, mixed $rows, ?float $timeout = null): int {}

    /** `COPY … TO STDOUT`: yields pieces of data, a row each in the text formats. **Suspends.** */
    public function copyOut(string $sql, ?float $timeout = null): PostgresStream {}

    /** Listens to a channel of NOTIFY. **Suspends.** */
    public function listen(string $channel, ?float $timeout = null): PostgresListener {}

    /** Is the running coroutine inside transaction()? */
    public function inTransaction(): bool {}

    /**
     * Counters and gauges: connections, connecting, leased, queued, in_flight, connects,
     * queries, finished, again, abandoned, cancels, lost, leases, notices.
     */
    public function stats(): array {}

    /** Ends the pool. Whoever waits gets a ConnectionException. */
    public function close(): void {}
}

/**
 * What is notified on one channel. All listeners of a pool share one connection, beside
 * those of `max`; each gets every notification of its channel.
 */
final class PostgresListener
{
    /** Made by `listen()`. */
    public function __construct() {}

    /**
     * The next notification: `channel`, `payload`, `pid`; null after `close()`. Throws
     * TimeoutException; ConnectionException once after the connection was lost, since
     * notifications may have been, too: it is listened to again already. **Suspends.**
     */
    public function receive(?float $timeout = null): ?array {}

    /** Notifications that came and were not received. */
    public function pending(): int {}

    /** Ends it. */
    public function close(): void {}
}

/**
 * All rows of a query, in memory as they came; each becomes PHP values when it is looked at.
 * `foreach` begins at the first row each time.
 */
final class PostgresResult implements \Iterator, \Countable
{
    /** Made by `query()`. */
    public function __construct() {}

    /**
     * From now on rows are lists, with each column at its number: two of one name are both
     * there.
     */
    public function byNumber(): static {}

    /** All rows, as arrays by column names. */
    public function fetchAll(): array {}

    /** The next row, or null after the last. */
    public function fetchOne(): ?array {}

    /** The first column of the next row, or null after the last. */
    public function fetchValue(): mixed {}

    /** One column of all rows; columns count from 0. */
    public function fetchColumn(int $column = 0): array {}

    /** Rows that the command changed or returned. */
    public function rowCount(): int {}

    /** Names and types of the columns. */
    public function columns(): array {}

    /** What the server did, such as `INSERT 0 1`. */
    public function command(): string {}

    /** Rows returned. */
    public function count(): int {}

    /** The current row. */
    public function current(): mixed {}

    /** Its number. */
    public function key(): int {}

    /** Goes to the next row. */
    public function next(): void {}

    /** Goes to the first row. */
    public function rewind(): void {}

    /** Is there a current row? */
    public function valid(): bool {}
}

/**
 * A statement that the server was asked about. It holds no connection: each one prepares it
 * when it meets it first, as for `query()`.
 */
final class PostgresStatement
{
    /** Made by `prepare()`. */
    public function __construct() {}

    /** Runs it and returns its rows. **Suspends.** */
    public function query(array $params = [], ?float $timeout = null): PostgresResult {}

    /** Runs it and returns how many rows it changed. **Suspends.** */
    public function execute(array $params = [], ?float $timeout = null): int {}

    /** Names of its parameters' types; null for those that extensions define. */
    public function parameters(): array {}
}

/**
 * Rows of `stream()`, or lines of `copyOut()`, a bounded part of them in memory at a time. It
 * has a connection for itself until the last was read, `close()`, or it is dropped; inside a
 * transaction rows of `stream()` share its connection. `foreach` can go over it once.
 */
final class PostgresStream implements \Iterator
{
    /** Made by `stream()` and `copyOut()`. */
    public function __construct() {}

    /**
     * From now on rows are lists, with each column at its number: two of one name are both
     * there.
     */
    public function byNumber(): static {}

    /** Names and types of the columns; empty for copyOut(). **Suspends.** */
    public function columns(): array {}

    /** The current row, or piece of data. **Suspends.** */
    public function current(): mixed {}

    /** Its number. */
    public function key(): int {}

    /** Goes to the next. **Suspends.** */
    public function next(): void {}

    /** Does nothing at the first; MisuseError after it. **Suspends.** */
    public function rewind(): void {}

    /** Is there a current one? **Suspends.** */
    public function valid(): bool {}

    /** Ends it before its end. */
    public function close(): void {}
}

/**
 * Queries on a pool of PDO connections to MySQL whose answers leave nothing behind. Made and used
 * by Tusk\Pool\Pdo.
 */
final class Reads
{
    /**
     * `$class` is that of the statements: it extends PDOStatement and has no constructor.
     * `$prepare` gets a connection on which a statement will be executed again.
     */
    public function __construct(Pool $pool, string $class, callable $prepare) {}

    /**
     * Runs SQL that only reads, with a connection of the pool for the round trip alone: the
     * rows are in memory then. Null: the coroutine has a connection already, or the one that
     * was free has not `$version`, or not the attributes that this needs (buffered results,
     * emulated prepares, exceptions, autocommit); nothing was sent. **Suspends.**
     */
    public function query(string $sql, int $version): \PDOStatement|false|null {}
}

namespace Tusk\Rpc;

/** The answer to a call that was begun by `callAsync()`. */
final class Future
{
    /** Not this way: callAsync() makes Futures. */
    public function __construct() {}

    /**
     * Waits for the answer and returns it, or throws what `call()` would. May be called
     * again, and returns the same; but only one coroutine can wait at a time. A
     * TimeoutException of this `$timeout` leaves the call as it is. **Suspends.**
     */
    public function await(?float $timeout = null, mixed $into = null): mixed {}

    /** Has the answer, or a failure, come? */
    public function isReady(): bool {}

    /**
     * Gives the call up: its answer is dropped when it comes. One that was not sent is not
     * sent. Dropping the Future does the same.
     */
    public function cancel(): void {}
}

/**
 * A client of Go services by the Goridge protocol, RoadRunner's among them. Any number of
 * coroutines call at once on its one connection, and each gets its own answer.
 */
final class Goridge
{
    /** Not this way: connect() makes clients. */
    public function __construct() {}

    /**
     * A client of `tcp://host:port`, `tls://host:port`, `unix:///path` or
     * `pipes://stdin:stdout`. `$codec` is json, msgpack, protobuf or raw. Options: lazy,
     * timeout, connect_timeout, ping_interval, max_in_flight, max_queue_bytes,
     * tls_ca_file, tls_cert_file, tls_key_file, tls_server_name. Throws
     * ConnectionException. **Suspends.**
     */
    public static function connect(string $address, string $codec = 'json', array $options = []): Goridge {}

    /**
     * Calls `Service.Method` and returns what it answered. `$into` is the message, or its
     * class, that a protobuf answer is read into, or flags for json_decode(). Throws
     * RemoteException, TimeoutException, ConnectionException, ProtocolException and
     * OverloadedException. **Suspends.**
     */
    public function call(string $method, mixed $payload = null, ?float $timeout = null, mixed $into = null): mixed {}

    /** Makes the call without waiting; its Future has the answer. */
    public function callAsync(string $method, mixed $payload = null, ?float $timeout = null): Future {}

    /** Makes the call; nobody is told what came of it. */
    public function callIgnoreResponse(string $method, mixed $payload = null): void {}

    /** The same connection for the methods of one service: `call('set')` calls `kv.Set`. */
    public function withServicePrefix(string $service): Goridge {}

    /** The same connection with another codec. */
    public function withCodec(string $codec): Goridge {}

    /** Is there a connection now? The next call makes one when there is none. */
    public function isConnected(): bool {}

    /** The address as it was given. */
    public function address(): string {}

    /** Counters: connects, calls, answers, late_answers, failed, in_flight, abandoned. */
    public function stats(): array {}

    /**
     * Ends the connection, for all clients that share it. Whoever waits gets a
     * ConnectionException; what was queued is still sent.
     */
    public function close(): void {}
}

/**
 * A client of JSON-RPC 2.0 servers, over TCP, TLS, Unix sockets and HTTP. Any number of
 * coroutines call at once, and each gets its own answer: on one connection, over HTTP on a few.
 */
final class JsonRpc
{
    /** Not this way: connect() makes clients. */
    public function __construct() {}

    /**
     * A client of `tcp://host:port`, `tls://host:port`, `unix:///path`,
     * `http://host:port/path` or `https://…`. Options: those of Goridge::connect();
     * framing, `newline` (the default) or `length` (four bytes, the highest first), where it
     * is not HTTP; headers, a map, and connections, how many may be open (8), where it is.
     * Throws ConnectionException. **Suspends.**
     */
    public static function connect(string $address, array $options = []): JsonRpc {}

    /**
     * Calls a method and returns its result. A list of parameters goes by position, a map
     * by name. Throws RemoteException with the error's code and data, and what
     * Goridge::call() throws. **Suspends.**
     */
    public function call(string $method, array $params = [], ?float $timeout = null): mixed {}

    /** Makes the call without waiting; its Future has the answer. */
    public function callAsync(string $method, array $params = [], ?float $timeout = null): Future {}

    /** Makes a call that the server does not answer. */
    public function notify(string $method, array $params = []): void {}

    /**
     * Makes calls as one message: a map of lists `[method, params]`, with a third element
     * true for notifications. Returns their results under the same keys, an exception in
     * the place of a result that failed. **Suspends.**
     */
    public function batch(array $calls, ?float $timeout = null): array {}

    /** Is there a connection now? The next call makes one when there is none. */
    public function isConnected(): bool {}

    /** The address as it was given. */
    public function address(): string {}

    /** Counters, as Goridge's. */
    public function stats(): array {}

    /**
     * Ends the connection. Whoever waits gets a ConnectionException; what was queued is
     * still sent.
     */
    public function close(): void {}
}
