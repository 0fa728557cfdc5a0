<?php
/**
 * Handlers that wait: usleep(50 ms) in every request, 1,500 connections, one worker of
 * workerman on Tusk. 1,500 / 50 ms is 30,000 requests a second and no more. Beside it, in
 * turns, the epoll server in C, which waits as long and does next to nothing else: what
 * the kernel takes for such a request, and what no server can be below.
 */

declare(strict_types=1);

namespace Bench;

require __DIR__ . '/../lib/servers.php';

const CONNECTIONS = 1500;

$rounds = (int) ($argv[1] ?? 5);
$seconds = (int) ($argv[2] ?? 4);
$servers = [
    'C epoll' => epoll_server(delayMs: 50),
    'Tusk' => workerman('tusk', 'sleep'),
    'Tusk, JIT' => workerman('tusk', 'sleep', jit: true),
];
$rates = $cpu = $ratio = [];
foreach ($servers as $server) {
    Load::run($server->port, CONNECTIONS, 2);
}
for ($round = 1; $round <= $rounds; $round++) {
    foreach ($servers as $name => $server) {
        $before = $server->cpuNs();
        $load = Load::run($server->port, CONNECTIONS, $seconds);
        $cpu[$name][] = ($server->cpuNs() - $before) / $load->requests / 1000;
        $ratio[$name][] = end($cpu[$name]) / end($cpu['C epoll']);
        $rates[$name][] = $load->perSecond;
        $load->lost === 0 || throw new \RuntimeException("requests were lost:\n$load->report");
    }
}
foreach ($servers as $name => $server) {
    note($name, sprintf('%.0f requests/s, %.1f µs CPU each, %.2f × C epoll', median($rates[$name]), median($cpu[$name]), median($ratio[$name])));
}
check('requests a second', median($rates['Tusk']), 28_500, atLeast: true);
check('CPU for each', median($cpu['Tusk']), 14, 'µs');
check('CPU for each, with JIT', median($cpu['Tusk, JIT']), 14, 'µs');
