<?php
/**
 * Goridge calls from 256 coroutines on one connection, and from goridge-php one after the
 * other, to the same server in the same run. This process is on core 1 (taskset), the
 * server on core 0. A call sends a small JSON object and gets it back; every answer is
 * compared with its question.
 */

declare(strict_types=1);

namespace Bench;

use Tusk\Rpc\Goridge;
use Tusk\WaitGroup;

require __DIR__ . '/lib/measure.php';
require __DIR__ . '/../php-tests/include/goridge.inc';

const COROUTINES = 256;
const CALLS = 2000;
const ROUNDS = 5;

$server = dirname(getenv('TUSK_EXTENSION') ?: exit("TUSK_EXTENSION is not set: use bin/bench\n")) . '/examples/goridge_server';
$port = \Tusk\Tests\free_port();
$process = \Tusk\Tests\Process::start(['taskset', '-c', '0', $server, "tcp:$port"])->waitForPort($port);

/** All coroutines at once: seconds, CPU seconds, and the time of each call in ns. */
function together(Goridge $rpc): array
{
    $group = new WaitGroup(COROUTINES);
    $times = [];
    [$begun, $cpu] = [hrtime(true), cpu_ns()];
    for ($i = 0; $i < COROUTINES; $i++) {
        \Tusk\go(static function () use ($rpc, $i, $group, &$times): void {
            for ($call = 0; $call < CALLS; $call++) {
                $asked = ['id' => $i * CALLS + $call, 'name' => 'tusk'];
                $begun = hrtime(true);
                $answer = $rpc->call('Test.Echo', $asked);
                $times[] = hrtime(true) - $begun;
                $answer === $asked || throw new \RuntimeException('somebody else\'s answer');
            }
            $group->done();
        });
    }
    $group->wait();
    return [(hrtime(true) - $begun) / 1e9, (cpu_ns() - $cpu) / 1e9, $times];
}

$rpc = Goridge::connect("tcp://127.0.0.1:$port");
$turns = \Tusk\Runtime::stats()['turns'];
[$best, $cpu, $slow] = [INF, INF, INF];
for ($round = 0; $round < ROUNDS; $round++) {
    [$seconds, $used, $times] = together($rpc);
    sort($times);
    $best = min($best, $seconds);
    $cpu = min($cpu, $used);
    $slow = min($slow, $times[(int) (count($times) * 0.99)] / 1e6);
}
$calls = COROUTINES * CALLS;
check('calls a second, 256 coroutines on one connection', $calls / $best, 200_000, atLeast: true);
check('CPU of the client a call', $cpu / $calls * 1e6, 4, 'µs');
check('99 of 100 calls are answered within', $slow, 3, 'ms');

$turns = \Tusk\Runtime::stats()['turns'] - $turns;
note('calls for each time the kernel was asked', sprintf('%.0f', $calls * ROUNDS / $turns));

// One coroutine alone: every call waits for the wire.
[$begun, $cpu] = [hrtime(true), cpu_ns()];
for ($call = 0; $call < 20_000; $call++) {
    $rpc->call('Test.Echo', ['id' => $call, 'name' => 'tusk']);
}
note('one coroutine alone', sprintf('%.1f µs a call, %.1f µs CPU', (hrtime(true) - $begun) / 20_000 / 1e3, (cpu_ns() - $cpu) / 20_000 / 1e3));

if (!\Tusk\Tests\load_goridge_php()) {
    note('goridge-php', 'not compared: the Composer package spiral/goridge or the extension sockets is not here');
    exit;
}
$plain = \Spiral\Goridge\RPC\RPC::create("tcp://127.0.0.1:$port");
$alone = INF;
for ($round = 0; $round < ROUNDS; $round++) {
    $begun = hrtime(true);
    for ($call = 0; $call < 5_000; $call++) {
        $plain->call('Test.Echo', ['id' => $call, 'name' => 'tusk']);
    }
    $alone = min($alone, (hrtime(true) - $begun) / 5_000);
}
note('goridge-php on its own connection, one call after the other', sprintf('%.1f µs a call', $alone / 1e3));
check('times as many calls as goridge-php', $alone / ($best / $calls * 1e9), 10, atLeast: true);
