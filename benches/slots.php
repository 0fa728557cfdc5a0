<?php
/**
 * What a redirected call of libc costs while there is no second coroutine: PHP functions
 * that end in such a call, in one process without Tusk and one with it, in turns. Slots are
 * redirected in the second, as they are after the first coroutine.
 */

declare(strict_types=1);

namespace Bench;

require __DIR__ . '/lib/measure.php';

const CALLS = 60_000;
const ROUNDS = 4;
/** Allowed: this share of the plain call, or so many ns, whichever is more. */
const SHARE = 0.02;
const NS = 15.0;

/** @return array<string, \Closure(int): void> */
function calls(): array
{
    socket_create_pair(AF_UNIX, SOCK_DGRAM, 0, $pair);
    $sqlite = new \PDO('sqlite::memory:');
    $curl = curl_init();
    return [
        'socket_send + socket_recv' => static function (int $n) use ($pair): void {
            while ($n-- > 0) {
                socket_send($pair[0], 'x', 1, 0);
                socket_recv($pair[1], $data, 1, 0);
            }
        },
        'socket_select, timeout 0' => static function (int $n) use ($pair): void {
            while ($n-- > 0) {
                [$read, $none] = [[$pair[0]], null];
                socket_select($read, $none, $none, 0);
            }
        },
        'usleep(0)' => static function (int $n): void {
            for ($n = intdiv($n, 20); $n-- > 0;) {
                usleep(0);
            }
        },
        'curl_setopt (guarded)' => static function (int $n) use ($curl): void {
            while ($n-- > 0) {
                curl_setopt($curl, CURLOPT_TIMEOUT, 5);
            }
        },
        'PDO::exec on SQLite (guarded)' => static function (int $n) use ($sqlite): void {
            for ($n = intdiv($n, 4); $n-- > 0;) {
                $sqlite->exec('select 1');
            }
        },
    ];
}

const DIVISORS = ['usleep(0)' => 20, 'PDO::exec on SQLite (guarded)' => 4];

if (isset($argv[1])) {
    if (extension_loaded('tusk')) {
        \Tusk\run(static fn (): mixed => \Tusk\go(static fn (): null => null)->join());
    }
    foreach (calls() as $name => $body) {
        $body(CALLS >> 3);
        $best = INF;
        for ($round = 0; $round < 3; $round++) {
            $begun = hrtime(true);
            $body(CALLS);
            $best = min($best, (hrtime(true) - $begun) / (CALLS / (DIVISORS[$name] ?? 1)));
        }
        $figures[$name] = $best;
    }
    echo json_encode($figures);
    return;
}

require __DIR__ . '/lib/servers.php';

$plain = $tusk = [];
for ($round = 0; $round < ROUNDS; $round++) {
    foreach (['plain' => [PHP_BINARY], 'tusk' => php_command(false)] as $side => $command) {
        $output = shell_exec('taskset -c 0 ' . implode(' ', array_map(escapeshellarg(...), [...$command, __FILE__, 'measure'])));
        foreach (json_decode((string) $output, true) as $name => $ns) {
            ${$side}[$name] = min(${$side}[$name] ?? INF, $ns);
        }
    }
}
foreach ($plain as $name => $ns) {
    check("$name: more than plain PHP's " . number_format($ns, 1) . ' ns', $tusk[$name] - $ns, max(NS, $ns * SHARE), 'ns');
}
