--TEST--
ODBC: ten thousand statements, failures, streams and timeouts leave nothing behind
--SKIPIF--
<?php require __DIR__ . '/../include/odbc_pool.inc'; Tusk\Tests\skip_without_bad_driver(); ?>
--FILE--
<?php
declare(strict_types=1);

require __DIR__ . '/../include/odbc_pool.inc';

use Tusk\Pool\Odbc;
use function Tusk\Tests\{bad_driver, thrown};

$db = Odbc::connect(bad_driver(), max: 2);
$round = function (int $times) use ($db): void {
    for ($i = 0; $i < $times; $i++) {
        $db->query('rows 3', [1, 'text', ['binary' => 'bytes']])->fetchAll();
        thrown(fn () => $db->query('fail 42000 1 no'));
        foreach ($db->stream('rows 3000') as $row) {
            break;
        }
        if ($i % 50 === 0) {
            thrown(fn () => $db->query('sleep 60000', timeout: 0.001));
            thrown(fn () => $db->transaction(fn () => throw new Exception('no')));
        }
    }
};
$open = fn () => count(scandir('/proc/self/fd'));
$round(300);
[$memory, $descriptors] = [memory_get_usage(), $open()];
$round(1000);
$more = memory_get_usage() - $memory;
echo $more < 20_000 ? 'no memory' : "$more bytes", ', ', $open() - $descriptors, " descriptors\n";
echo $db->query('rows 1', timeout: 20.0)->count(), ' ', $db->stats()['leased'], "\n";
$db->close();
$deadline = hrtime(true) + 20e9;
while ($db->stats()['threads'] > 0 && hrtime(true) < $deadline) {
    Tusk\sleep(0.001);
}
echo $db->stats()['threads'], " threads\n";
?>
--EXPECT--
no memory, 0 descriptors
1 0
0 threads
