<?php
/**
 * 100,000 one-shot timers of Tusk\EventLoop, against workerman's Select driver where
 * workerman is installed. CPU time, because the timers also have to become due.
 */

declare(strict_types=1);

namespace Bench;

require __DIR__ . '/lib/measure.php';

const COUNT = 100_000;
const ROUNDS = 5;

/* Each driver, and what its method to cancel is called. Tusk's methods are static, which
 * PHP calls on an object as well. */
$drivers = ['Tusk' => [\Tusk\EventLoop::class, 'cancelTimer']];
if (\Tusk\Autoload\package('workerman/workerman')) {
    $drivers['workerman on Tusk'] = [\Tusk\Workerman\EventLoop::class, 'offDelay'];
    $drivers['workerman Select'] = [\Workerman\Events\Select::class, 'offDelay'];
}

/** Creates the timers, due within 10 ms in no order, and runs the loop until all have fired. */
function create_and_fire(object $loop): float
{
    mt_srand(7);
    $fired = 0;
    $callback = static function () use (&$fired, $loop): void {
        if (++$fired === COUNT) {
            $loop->stop();
        }
    };
    $begun = cpu_ns();
    for ($i = 0; $i < COUNT; $i++) {
        $loop->delay(mt_rand(1, 10_000) / 1e6, $callback);
    }
    $loop->run();
    return (cpu_ns() - $begun) / COUNT;
}

/** Timeouts that do not happen: a hundred are armed at any time. */
function add_and_cancel(object $loop, string $cancel): float
{
    $callback = static function (): void {
    };
    $begun = cpu_ns();
    $armed = [];
    for ($i = 0; $i < COUNT; $i++) {
        $armed[$i % 100] = $loop->delay(mt_rand(30_000, 60_000) / 1e3, $callback);
        if ($i % 100 === 99) {
            foreach ($armed as $id) {
                $loop->$cancel($id);
            }
        }
    }
    return (cpu_ns() - $begun) / COUNT;
}

$figures = [];
for ($round = 0; $round < ROUNDS; $round++) {
    foreach ($drivers as $name => [$class, $cancel]) {
        $figures[$name]['fire'][] = create_and_fire(new $class());
        $figures[$name]['cancel'][] = add_and_cancel(new $class(), $cancel);
    }
}

echo "## 100,000 one-shot timers, CPU each (best of " . ROUNDS . " rounds in turns)\n\n";
foreach ($figures as $name => $of) {
    note("$name: create and fire", sprintf('%.0f ns', min($of['fire'])));
    note("$name: add and cancel", sprintf('%.0f ns', min($of['cancel'])));
}
check('create and fire', min($figures['Tusk']['fire']), 900, 'ns');
check('add and cancel', min($figures['Tusk']['cancel']), 300, 'ns');
