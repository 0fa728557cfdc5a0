<?php
/**
 * Many requests through one worker: its resident memory after the first hundredth of them,
 * and after the last. Half of the requests wait, on connections that come and go.
 *
 * php endurance.php [requests]
 */

declare(strict_types=1);

namespace Bench;

require __DIR__ . '/lib/servers.php';

$wanted = (int) ($argv[1] ?? 1_000_000);
$server = workerman('tusk', 'mixed');
$served = $lost = 0;
$first = null;
$seconds = 1;
while ($served < $wanted) {
    // Another run of wrk is other connections.
    $load = Load::run($server->port, 128, $seconds);
    $served += $load->requests;
    $lost += $load->lost;
    if ($first === null && $served >= $wanted / 100) {
        $first = resident_kib((string) $server->servingPid());
        $seconds = 10;
    }
}
$last = resident_kib((string) $server->servingPid());
echo "## ", number_format($served), " requests through one worker\n\n";
note('resident after the first hundredth', sprintf('%.1f MiB', $first / 1024));
note('resident at the end', sprintf('%.1f MiB', $last / 1024));
check('growth', ($last - $first) / $first * 100, 2.0, '%');
check('requests lost', (float) $lost, 0.0);
