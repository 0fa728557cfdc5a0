<?php
/** The adapter alone, in the test's own process, without a workerman application. */

declare(strict_types=1);

namespace Tusk\Tests;

require_once __DIR__ . '/autoload.inc';
load_package('workerman/workerman');

/** Two ends of a connection, the first non-blocking as workerman makes its own. */
function connection(): array
{
    [$ours, $theirs] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
    stream_set_blocking($ours, false);
    stream_set_read_buffer($ours, 0);
    return [$ours, $theirs];
}

/** Runs a loop until it is stopped, or fails loudly after some seconds. */
function run_loop(\Tusk\Workerman\EventLoop $loop): void
{
    $alarm = $loop->delay(10.0, static function (): never {
        echo "nothing stopped the loop\n";
        exit(1);
    });
    $loop->run();
    $loop->offDelay($alarm);
}
