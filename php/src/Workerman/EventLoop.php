<?php
/**
 * workerman 5's event loop on Tusk: every callback runs in a coroutine of its own, made
 * when it first waits.
 *
 *     Worker::$eventLoopClass = Tusk\Workerman\EventLoop::class;
 */

declare(strict_types=1);

namespace Tusk\Workerman;

use Workerman\Connection\TcpConnection;
use Workerman\Events\EventInterface;

final class EventLoop extends Loop implements EventInterface
{
    public function __construct()
    {
        parent::__construct(TcpConnection::class, 'baseRead', 'requests', Requests::another(...));
    }
}
