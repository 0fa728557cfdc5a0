--TEST--
ODBC: a hundred coroutines on a few connections; each gets its own answer, and others run meanwhile
--SKIPIF--
<?php require __DIR__ . '/../include/odbc_pool.inc'; Tusk\Tests\skip_without_bad_driver(); ?>
--FILE--
<?php
declare(strict_types=1);

require __DIR__ . '/../include/odbc_pool.inc';

use Tusk\Pool\Odbc;
use function Tusk\Tests\{bad_driver, each_of, overlap};

$db = Odbc::connect(bad_driver(), max: 5);
$counts = each_of(100, fn (int $i) => count($db->query('rows ' . ($i + 1))));
echo $counts === range(1, 100) ? 'each its own' : json_encode($counts), "\n";
$stats = $db->stats();
echo $stats['created'] <= 5 ? 'few' : 'many', ' connections, ', $stats['taken'], " loans\n";
overlap('query', fn () => $db->query('sleep 20')->rowCount());

// A stream is read while others query; one that is left frees its connection.
$told = [];
Tusk\run(function () use ($db, &$told) {
    Tusk\go(function () use ($db, &$told) {
        $sum = 0;
        foreach ($db->stream('rows 100000') as $row) {
            $sum += $row['value'];
        }
        $told[1] = "streamed $sum";
    });
    Tusk\go(function () use ($db, &$told) {
        foreach ($db->stream('rows 100000000') as $number => $row) {
            if ($number === 5000) {
                break;
            }
        }
        $told[2] = "left at $row[value]";
    });
    Tusk\go(fn () => $db->query('rows 3'));
});
echo "$told[1]\n$told[2]\n";
$all = each_of(5, fn () => $db->query('sleep 20'));
echo count($all), ' ', $db->stats()['leased'], "\n";
?>
--EXPECT--
each its own
few connections, 101 loans
query: before other after, -1
streamed 4999950000
left at 5000
5 0
