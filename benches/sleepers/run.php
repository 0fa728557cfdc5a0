<?php
/**
 * Handlers that wait: usleep(50 ms) in every request, 1,500 connections, one worker of
 * workerman on Tusk. 1,500 / 50 ms is 30,000 requests a second and no more.
 */

declare(strict_types=1);

namespace Bench;

require __DIR__ . '/../lib/servers.php';

const CONNECTIONS = 1500;

$rounds = (int) ($argv[1] ?? 3);
$seconds = (int) ($argv[2] ?? 5);
$server = workerman('tusk', 'sleep');
Load::run($server->port, CONNECTIONS, 2);
$rates = $cpu = [];
for ($round = 0; $round < $rounds; $round++) {
    $before = $server->cpuNs();
    $load = Load::run($server->port, CONNECTIONS, $seconds);
    $cpu[] = ($server->cpuNs() - $before) / $load->requests / 1000;
    $rates[] = $load->perSecond;
    note('round ' . ($round + 1), sprintf('%.0f requests/s, %.1f µs CPU each, %d lost', end($rates), end($cpu), $load->lost));
}
check('requests a second', median($rates), 28_500, atLeast: true);
check('CPU for each', median($cpu), 14, 'µs');
