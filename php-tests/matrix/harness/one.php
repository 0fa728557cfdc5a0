<?php
/**
 * The process of one row: php one.php ROWS INDEX FOLDER. With Tusk loaded the call is
 * made in a coroutine beside the ticker, without Tusk as ever. Writes FOLDER.outcome.
 */

declare(strict_types=1);

namespace Tusk\Tests\Matrix;

require __DIR__ . '/row.php';
require __DIR__ . '/outcome.php';
require __DIR__ . '/ticker.php';
require __DIR__ . '/../../include/process.inc';

[, $rows, $index, $folder] = $argv;
$row = rows($rows)[(int) $index];
chdir($folder);
$context = $row->setup ? ($row->setup)($folder) : null;
touch("$folder.ready");

$seconds = $gap = 0.0;
$call = static function (?Ticker $ticker = null) use ($row, $context, $folder, &$seconds, &$gap): array {
    $begun = hrtime(true);
    return observe($row->run, $context, $folder, static function () use ($ticker, $begun, &$seconds, &$gap): void {
        $seconds = (hrtime(true) - $begun) / 1e9;
        $gap = $ticker?->end() ?? 0.0;
    });
};
if (extension_loaded('tusk')) {
    $outcome = \Tusk\go(static function () use ($call): array {
        $ticker = new Ticker();
        $ticker->begin();
        return $call($ticker);
    })->join();
} else {
    $outcome = $call();
}
$result = ['outcome' => $outcome, 'seconds' => $seconds, 'gap' => $gap];
file_put_contents("$folder.outcome", json_encode($result, JSON_THROW_ON_ERROR | JSON_PRESERVE_ZERO_FRACTION));
if ($row->teardown) {
    ($row->teardown)($context);
}
