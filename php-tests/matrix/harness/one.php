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

$measured = static function () use ($row, $context, $folder): array {
    $begun = hrtime(true);
    $outcome = observe($row->run, $context, $folder);
    return ['outcome' => $outcome, 'seconds' => (hrtime(true) - $begun) / 1e9, 'gap' => 0.0];
};
if (extension_loaded('tusk')) {
    $alone = $measured;
    $measured = static function () use ($alone): array {
        $ticker = new Ticker();
        $ticker->begin();
        $result = $alone();
        return ['gap' => $ticker->end()] + $result;
    };
    $result = \Tusk\go($measured)->join();
} else {
    $result = $measured();
}
file_put_contents("$folder.outcome", json_encode($result, JSON_THROW_ON_ERROR | JSON_PRESERVE_ZERO_FRACTION));
if ($row->teardown) {
    ($row->teardown)($context);
}
