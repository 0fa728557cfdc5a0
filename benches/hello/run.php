<?php
/**
 * CPU time of a server for one HTTP hello: workerman on Tusk (a coroutine per request) and
 * on its own Select driver, against the epoll server in C beside this file.
 *
 * php run.php [rounds] [seconds]. All servers run; wrk visits one after the other, round
 * after round. Each ratio is the median of the ratios within a round.
 */

declare(strict_types=1);

namespace Bench;

require __DIR__ . '/../lib/servers.php';

$rounds = (int) ($argv[1] ?? 5);
$seconds = (int) ($argv[2] ?? 3);

$servers = [
    'C epoll' => epoll_server(),
    'workerman Select' => workerman('select', 'hello'),
    'workerman Tusk' => workerman('tusk', 'hello'),
    'workerman Select, JIT' => workerman('select', 'hello', jit: true),
    'workerman Tusk, JIT' => workerman('tusk', 'hello', jit: true),
];

/** CPU ns a request of each server under one wrk run. */
function visit(Server $server, int $connections, int $seconds): float
{
    $before = $server->cpuNs();
    $load = Load::run($server->port, $connections, $seconds);
    $load->lost === 0 || throw new \RuntimeException("requests were lost:\n$load->report");
    return ($server->cpuNs() - $before) / $load->requests;
}

$bounds = [64 => ['plain' => 1.3, 'JIT' => 1.2], 512 => ['plain' => 1.45, 'JIT' => 1.3]];
foreach ($bounds as $connections => $bound) {
    foreach ($servers as $server) {
        Load::run($server->port, $connections, 1);
    }
    $cpu = $ratio = [];
    for ($round = 0; $round < $rounds; $round++) {
        foreach ($servers as $name => $server) {
            $cpu[$name][] = visit($server, $connections, $seconds);
            $ratio[$name][] = end($cpu[$name]) / end($cpu['C epoll']);
        }
    }
    echo "## $connections connections ($rounds rounds of $seconds s)\n\n";
    foreach ($servers as $name => $server) {
        note($name, sprintf('%.2f µs a request, %.2f × C epoll', median($cpu[$name]) / 1000, median($ratio[$name])));
    }
    check('Tusk against C epoll', median($ratio['workerman Tusk']), $bound['plain'], '×');
    check('Tusk against C epoll, with JIT', median($ratio['workerman Tusk, JIT']), $bound['JIT'], '×');
    $toSelect = array_map(static fn (float $tusk, float $select): float => $tusk / $select, $cpu['workerman Tusk'], $cpu['workerman Select']);
    check('Tusk against workerman\'s Select', median($toSelect), 1.0, '×');
    echo "\n";
}
