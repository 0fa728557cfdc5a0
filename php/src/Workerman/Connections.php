<?php
/**
 * What may happen to a connection while a callback of it waits.
 *
 * Requests of one connection are served one after the other: an answer must not overtake
 * the one before it, and workerman hands raw TCP data to one callback at a time. Callbacks
 * that have nothing to do with each other overlap: connections that are accepted,
 * datagrams, and the messages of a websocket, where a handler may wait for the next one.
 */

declare(strict_types=1);

namespace Tusk\Workerman;

use Closure;
use ReflectionFunction;
use Tusk\CancelledException;
use Tusk\Coroutine;
use Workerman\Connection\AsyncUdpConnection;
use Workerman\Connection\TcpConnection;
use Workerman\Protocols\Websocket;
use Workerman\Protocols\Ws;
use Workerman\Worker;

final class Connections
{
    /**
     * Protocols whose messages are handled side by side on one connection. An application
     * may add its own, with complete messages only: the protocol's decode() returns one.
     *
     * @var list<class-string>
     */
    public static array $concurrent = [Websocket::class, Ws::class];

    /**
     * Is a connection closed, and onClose called, as soon as its peer has ended its side
     * while a handler waits? A client that ends its side and still waits for the answer
     * (`nc -N`) needs false: then the end is noticed after the handler.
     */
    public static bool $noticeEnds = true;

    /** The worker that listens on this PHP stream and accepts with this callback, if it is one. */
    public static function listener(callable $callback, $stream): ?Worker
    {
        $owner = self::owner($callback);
        return $owner instanceof Worker && $owner->getMainSocket() === $stream ? $owner : null;
    }

    /** May this callback be called again while a former call waits? */
    public static function mayOverlap(callable $callback, $stream): bool
    {
        $owner = self::owner($callback);
        if ($owner instanceof TcpConnection) {
            return in_array(ltrim((string) $owner->protocol, '\\'), self::$concurrent, true);
        }
        return $owner instanceof AsyncUdpConnection || self::listener($callback, $stream) !== null;
    }

    /**
     * A handler that is cancelled, by onClose when its peer has gone for one, has done as it was asked. workerman would
     * take the exception for a failure and end the worker.
     */
    public static function mayBeCancelled(Worker $worker): void
    {
        foreach (['onConnect', 'onMessage'] as $name) {
            if (($handle = $worker->$name) === null) {
                continue;
            }
            $worker->$name = static function (...$arguments) use ($handle) {
                try {
                    return $handle(...$arguments);
                } catch (CancelledException $cancelled) {
                    // Another coroutine's, which was joined, is a failure.
                    return Coroutine::current()->isCancelled() ? null : throw $cancelled;
                }
            };
        }
    }

    /** Does this callback read a connection? */
    public static function isConnection(callable $callback): bool
    {
        return self::owner($callback) instanceof TcpConnection;
    }

    /** Has the peer closed, with nothing left to read? */
    public static function hasEnded($stream): bool
    {
        return self::$noticeEnds && self::peek($stream) === '';
    }

    /** Has something come that was not read? */
    public static function hasBytes($stream): bool
    {
        return (string) self::peek($stream) !== '';
    }

    /** The next byte, '' at the end, false where there is nothing yet. */
    private static function peek($stream): string|false
    {
        return is_resource($stream) ? @stream_socket_recvfrom($stream, 1, STREAM_PEEK) : false;
    }

    /** workerman's callbacks are methods: closures of them in version 5, pairs in version 4. */
    private static function owner(callable $callback): ?object
    {
        if (is_array($callback)) {
            return is_object($callback[0]) ? $callback[0] : null;
        }
        return $callback instanceof Closure ? (new ReflectionFunction($callback))->getClosureThis() : null;
    }
}
