<?php
/**
 * Many requests through one worker: its resident memory after the first hundredth of them,
 * after half, and after the last. Half of the requests wait, on connections that come and go.
 *
 * What may still come after the first hundredth is the peak: more of the connections wait at
 * the same moment than before, and each stack that is used for the first time costs 9 KiB.
 *
 * php endurance.php [requests]
 */

declare(strict_types=1);

namespace Bench;

require __DIR__ . '/lib/servers.php';

const CONNECTIONS = 128;
const STACK_KIB = 9;

$wanted = (int) ($argv[1] ?? 1_000_000);
$server = workerman('tusk', 'mixed');
$served = $lost = 0;
$first = $half = null;
$seconds = 1;
while ($served < $wanted) {
    // Another run of wrk is other connections.
    $load = Load::run($server->port, CONNECTIONS, $seconds);
    $served += $load->requests;
    $lost += $load->lost;
    if ($first === null && $served >= $wanted / 100) {
        $first = resident_kib((string) $server->servingPid());
        $seconds = 10;
    }
    if ($half === null && $served >= $wanted / 2) {
        $half = resident_kib((string) $server->servingPid());
    }
}
$last = resident_kib((string) $server->servingPid());
echo "## ", number_format($served), " requests through one worker\n\n";
note('resident after the first hundredth', sprintf('%.1f MiB', $first / 1024));
note('resident after half', sprintf('%.1f MiB', $half / 1024));
note('resident at the end', sprintf('%.1f MiB', $last / 1024));
check('growth', (float) ($last - $first), (float) (CONNECTIONS * STACK_KIB), 'KiB');
check('requests lost', (float) $lost, 0.0);
