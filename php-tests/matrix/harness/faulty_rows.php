<?php
/**
 * Rows that are wrong on purpose, for the test of the harness: each must be caught.
 */

declare(strict_types=1);

namespace Tusk\Tests\Matrix;

const WITH_TUSK = 'tusk';

/** Only where Tusk is loaded. */
$tusk = static fn (\Closure $does): \Closure => static fn (): mixed => extension_loaded(WITH_TUSK) ? $does() : 'as ever';

/** Blocks the thread whatever is hooked: nothing is while the hooks are off. */
$block = static function (): string {
    if (extension_loaded(WITH_TUSK)) {
        $on = \Tusk\Runtime::hooks();
        \Tusk\Runtime::hooks([]);
        usleep(60_000);
        \Tusk\Runtime::hooks($on);
    } else {
        usleep(60_000);
    }
    return 'slept';
};
$compute = static function (): string {
    // By the processor's time: another process may take the processor away.
    $used = static fn (): int => getrusage()['ru_utime.tv_sec'] * 1_000_000 + getrusage()['ru_utime.tv_usec'];
    for ($until = $used() + 60_000; $used() < $until;);
    return 'computed';
};

return [
    new Row('right', 'function', static fn (): mixed => usleep(60_000), waits: 0.06),
    new Row('blocks', 'none', $block, waits: 0.06),
    new Row('computes', 'none', $compute, waits: 0.06),
    new Row('wrong result', 'none', $tusk(static fn () => 'other')),
    new Row('wrong warning', 'none', $tusk(static function (): string {
        trigger_error('only with Tusk', E_USER_WARNING);
        return 'as ever';
    })),
    new Row('wrong silence', 'none', static function (): void {
        extension_loaded(WITH_TUSK) ? @trigger_error('said') : trigger_error('said');
    }),
    new Row('wrong output', 'none', $tusk(static function (): string {
        echo 'only with Tusk';
        return 'as ever';
    })),
    new Row('wrong exception', 'none', $tusk(static fn () => throw new \LogicException('only with Tusk', 7))),
    new Row('wrong error number', 'none', $tusk(static function (): string {
        posix_kill(0x3fffff, 0);
        return 'as ever';
    }), needs: ['extension:posix']),
    new Row('does not wait', 'none', static fn (): string => 'at once', waits: 0.05),
    new Row('exits', 'none', $tusk(static fn () => exit(3))),
    new Row('crashes', 'none', $tusk(static fn () => posix_kill(getmypid(), SIGKILL) && usleep(1000)), needs: ['extension:posix', 'extension:pcntl']),
    new Row('never returns', 'none', $tusk(static fn () => sleep(30)), limit: 1.0),
    new Row('needs what is not there', 'none', static fn () => null, needs: ['extension:no_such_extension']),
];
