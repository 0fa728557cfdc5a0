<?php
/**
 * What `tusk.superglobals` costs a switch: two coroutines that give way to one another, in one process
 * without the setting and in one with it, where they have changed no superglobal, or each two of its
 * own. CPU time, because the machine may do other things.
 */

declare(strict_types=1);

namespace Bench;

require __DIR__ . '/lib/measure.php';

const SWITCHES = 400_000;
const ROUNDS = 7;

if (isset($argv[1])) {
    $changes = $argv[1] === 'changed';
    $_GET = ['id' => 1];
    $ns = 0.0;
    \Tusk\run(static function () use ($changes, &$ns): void {
        $body = static function () use ($changes): void {
            if ($changes) {
                $_GET['id'] = 2;
                $_SESSION['user'] = 3;
            }
            for ($i = 0; $i < SWITCHES / 2; $i++) {
                \Tusk\sleep(0);
            }
        };
        $begun = cpu_ns();
        $other = \Tusk\go($body);
        $body();
        $other->join();
        $ns = (cpu_ns() - $begun) / SWITCHES;
    });
    echo $ns;
    return;
}

require __DIR__ . '/lib/servers.php';

$kinds = [
    'off' => ['-d', 'tusk.superglobals=0', __FILE__, 'unchanged'],
    'on, none changed' => ['-d', 'tusk.superglobals=1', __FILE__, 'unchanged'],
    'on, two changed by each' => ['-d', 'tusk.superglobals=1', __FILE__, 'changed'],
];
$best = array_fill_keys(array_keys($kinds), INF);
for ($round = 0; $round < ROUNDS; $round++) {
    foreach ($kinds as $kind => $arguments) {
        $command = implode(' ', array_map(escapeshellarg(...), [...php_command(false), ...$arguments]));
        $best[$kind] = min($best[$kind], (float) shell_exec($command));
    }
}
foreach ($best as $kind => $ns) {
    note("a switch, tusk.superglobals $kind", sprintf('%.0f ns', $ns));
}
note('none changed, more than without the setting', sprintf('%.0f ns', $best['on, none changed'] - $best['off']));
note('two changed by each, more than without the setting', sprintf('%.0f ns', $best['on, two changed by each'] - $best['off']));
