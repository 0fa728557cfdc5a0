<?php
/** What the rows of slow_*.php share: a mount where every call takes 15 ms. */

declare(strict_types=1);

namespace Tusk\Tests\Matrix;

use function Tusk\Tests\plain_php;

const SLOW_NEEDS = ['command:fusermount3', 'file:/dev/fuse', 'privilege:mount', 'extension:sockets', 'extension:posix'];

function slow_row(string $call, \Closure $run, string $layer = 'interposition', string $compared = 'result', string $remark = ''): Row
{
    return new Row(
        $call, $layer, $run, waits: 0.014, setup: mount_slowly(...), teardown: static fn (\Closure $end) => $end(),
        needs: SLOW_NEEDS, compared: $compared, remark: $remark,
    );
}

/** Mounts it as "slow" in the row's folder; the result unmounts it. */
function mount_slowly(string $folder): \Closure
{
    mkdir("$folder/slow");
    $server = [...plain_php(), __DIR__ . '/../../include/slow_mount_server.php', "$folder/slow", '15'];
    $process = proc_open($server, [['file', '/dev/null', 'r'], ['pipe', 'w']], $pipes);
    if (fgets($pipes[1]) !== "mounted\n") {
        throw new \RuntimeException('the slow file system was not mounted');
    }
    $end = static function () use ($folder, $process, $pipes): void {
        exec('fusermount3 -uz ' . escapeshellarg("$folder/slow"));
        proc_close($process);
    };
    // Also when the row is ended by exit().
    register_shutdown_function(static function () use ($end, $process): void {
        is_resource($process) && $end();
    });
    return $end;
}
