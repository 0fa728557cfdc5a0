<?php
/** The sleep family. */

declare(strict_types=1);

namespace Tusk\Tests\Matrix;

return [
    new Row('sleep', 'function', static fn (): int => sleep(1), waits: 1.0),
    new Row('usleep', 'function', static fn () => usleep(50_000), waits: 0.05),
    new Row('time_nanosleep', 'function', static fn (): bool|array => time_nanosleep(0, 50_000_000), waits: 0.05),
    new Row('time_sleep_until', 'function', static fn (): bool => time_sleep_until(microtime(true) + 0.05), waits: 0.045),
    new Row(
        'sleep, ended by a signal',
        'function',
        static function (): array {
            $alarms = 0;
            pcntl_async_signals(true);
            pcntl_signal(SIGALRM, static function () use (&$alarms): void {
                $alarms++;
            });
            pcntl_alarm(1);
            // Both sleep out what the signal left.
            for ($left = 3; $left > 0;) {
                $left = sleep($left);
            }
            return ['alarms' => $alarms];
        },
        waits: 1.9,
        needs: ['extension:pcntl'],
        remark: 'signals end waits of the main script only',
    ),
];
