--TEST--
ODBC: pools that are opened and dropped within a request leave nothing behind, used or not
--SKIPIF--
<?php require __DIR__ . '/../include/odbc_pool.inc'; Tusk\Tests\skip_without_bad_driver(); ?>
--FILE--
<?php
declare(strict_types=1);

require __DIR__ . '/../include/odbc_pool.inc';

use Tusk\Pool\Odbc;
use function Tusk\Tests\bad_driver;

function resident(): int
{
    preg_match('/^Rss:\s+(\d+) kB/m', file_get_contents('/proc/self/smaps_rollup'), $found);
    return 1024 * (int) $found[1];
}
$dsn = bad_driver();
$open = function (int $times) use ($dsn): void {
    for ($i = 0; $i < $times; $i++) {
        Odbc::connect($dsn, options: ['lazy' => true]);
    }
};
$open(2000);
$before = resident();
$open(20_000);
$more = resident() - $before;
// A pool is 1 KiB and more.
echo $more < 4 << 20 ? 'no memory' : "$more bytes", "\n";
// One with a connection goes too, and a fork finds nothing of it.
$db = Odbc::connect($dsn);
echo $db->query('rows 1')->count(), "\n";
unset($db);
$pid = pcntl_fork();
if ($pid === 0) {
    exit(0);
}
pcntl_waitpid($pid, $status);
echo pcntl_wexitstatus($status), "\n";
Tusk\sleep(0.001);
?>
--EXPECT--
no memory
1
0
