<?php
/**
 * Reloading under load: wrk asks two workers whose handlers wait 50 ms, while SIGUSR1
 * replaces the workers again and again. No request may be lost.
 *
 * Every answer ends its connection. On a connection that is kept alive a client may send
 * a request in the moment in which the server closes it; HTTP has no cure for that, so
 * such losses are counted separately and have no bound.
 *
 * php reload.php [reloads] [seconds between two]
 */

declare(strict_types=1);

namespace Bench;

require __DIR__ . '/lib/servers.php';

define('Bench\RELOADS', (int) ($argv[1] ?? 5));
define('Bench\PERIOD', (int) ($argv[2] ?? 1));

/** Requests answered and lost while the workers of a server are replaced. */
function under_reload(string $handler): Load
{
    $server = workerman('tusk', $handler, workers: 2);
    $master = $server->process->pid;
    $first = file_get_contents("/proc/$master/task/$master/children");
    $reloads = \Tusk\Tests\Process::start([PHP_BINARY, '-r',
        'for ($i = 0; $i < ' . RELOADS . '; $i++) { sleep(' . PERIOD . '); posix_kill(' . $master . ', SIGUSR1); }']);
    $load = Load::run($server->port, 100, RELOADS * PERIOD + 2, ['--timeout', '5s']);
    $reloads->wait();
    $last = file_get_contents("/proc/$master/task/$master/children");
    array_intersect(explode(' ', trim($first)), explode(' ', trim($last))) === []
        || throw new \RuntimeException("workers were not replaced: $first, then $last");
    $server->process->stop();
    return $load;
}

$closing = under_reload('sleep-close');
$kept = under_reload('sleep');
note('reloads', RELOADS . ' in ' . (RELOADS * PERIOD + 2) . ' s, two workers, 100 connections');
note('answered, a connection each', number_format($closing->requests));
note('answered on connections kept alive', number_format($kept->requests) . ", {$kept->lost} cut off");
if ($closing->lost > 0) {
    // Connections refused or reset, or answers later than five seconds: wrk says which.
    note('wrk', implode('; ', preg_grep('/Socket errors|Non-2xx/', array_map(trim(...), explode("\n", $closing->report)))));
}
check('lost', $closing->lost, 0);
