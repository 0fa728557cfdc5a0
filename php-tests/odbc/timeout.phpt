--TEST--
ODBC: a timeout is thrown in time, whether the driver heeds a cancel or not, and the pool has its connection back
--SKIPIF--
<?php require __DIR__ . '/../include/odbc_pool.inc'; Tusk\Tests\skip_without_bad_driver(); ?>
--FILE--
<?php
declare(strict_types=1);

require __DIR__ . '/../include/odbc_pool.inc';

use Tusk\Pool\Odbc;
use function Tusk\Tests\{bad_driver, thrown};

$db = Odbc::connect(bad_driver(), max: 1);
$begun = hrtime(true);
echo thrown(fn () => $db->query('sleep 60000', timeout: 0.05)), "\n";
// The driver heeds the cancel, so the connection is the same one as before.
echo $db->query('rows 1', timeout: 20.0)->fetchValue(), ' created ', $db->stats()['created'], "\n";

echo thrown(fn () => $db->query('deaf 20000', timeout: 0.05)), "\n";
echo hrtime(true) - $begun < 15e9 ? 'in time' : 'late', "\n";
// It ignores the cancel: there is another connection after a grace time, and the thread is left.
echo $db->query('rows 1', timeout: 20.0)->fetchValue(), ' created ', $db->stats()['created'], ' threads ', $db->stats()['threads'], "\n";

// Who waits for a connection times out too, and says where.
Tusk\run(function () use ($db) {
    $holder = Tusk\go(fn () => thrown(fn () => $db->query('sleep 60000')));
    Tusk\go(fn () => print thrown(fn () => $db->query('rows 1', timeout: 0.05)) . "\n")->join();
    $holder->cancel();
});

// A connect that hangs: the attempt is left to its thread.
echo thrown(fn () => Odbc::connect(bad_driver('Stall=400'), options: ['wait_timeout' => 0.05])), "\n";
// A timeout in a transaction rolls it back.
echo thrown(fn () => $db->transaction(function () use ($db) {
    echo thrown(fn () => $db->query('sleep 60000', timeout: 0.05)), "\n";
    echo thrown(fn () => $db->query('rows 1')), "\n";
})), "\n";
echo $db->query('rows 1', timeout: 20.0)->fetchValue(), "\n";
?>
--EXPECTF--
Tusk\TimeoutException(0): "sleep 60000" did not end within 0.05 s; it was sent, is being cancelled, and may have been executed
0 created 1
Tusk\TimeoutException(0): "deaf 20000" did not end within 0.05 s; it was sent, is being cancelled, and may have been executed
in time
0 created 2 threads 2
Tusk\TimeoutException(0): no connection became free in time (stage: wait): 1 are lent, %s
Tusk\TimeoutException(0): no connection could be made in time (stage: create): %s
Tusk\TimeoutException(0): "sleep 60000" did not end within 0.05 s; it was sent, is being cancelled, and may have been executed
Tusk\MisuseError(0): a statement of this transaction timed out, so the transaction will be rolled back: let the exception pass
Tusk\MisuseError(0): the transaction was rolled back and not committed: %s
0
