--TEST--
ODBC: a child of a fork begins anew, its parent's connections and results stay its parent's
--EXTENSIONS--
pcntl
--SKIPIF--
<?php require __DIR__ . '/../include/odbc_pool.inc'; Tusk\Tests\skip_without_bad_driver(); ?>
--FILE--
<?php
declare(strict_types=1);

require __DIR__ . '/../include/odbc_pool.inc';

use Tusk\Pool\Odbc;
use function Tusk\Tests\{bad_driver, thrown};

$db = Odbc::connect(bad_driver(), max: 2);
$stream = $db->stream('rows 100000000');
$stream->current();
$in_child = function (callable $body): void {
    $pid = pcntl_fork();
    if ($pid === 0) {
        $body();
        exit(0);
    }
    pcntl_waitpid($pid, $status);
    echo 'child ended with ', pcntl_wexitstatus($status), "\n";
};
$in_child(function () use ($db) {
    echo 'child: ', $db->query('rows 3')->count(), ' threads ', $db->stats()['threads'], "\n";
});
$in_child(fn () => print thrown(fn () => $db->transaction(fn () => print count($db->query('rows 2')) . "\n")) . "\n");
Tusk\run(function () use ($db, $in_child) {
    $holder = Tusk\go(fn () => thrown(fn () => $db->query('sleep 60000')));
    Tusk\sleep(0.01);
    $in_child(fn () => print 'child: ' . $db->query('rows 1')->count() . "\n");
    $holder->cancel();
});
$db->transaction(function () use ($db, $in_child) {
    $in_child(fn () => print thrown(fn () => $db->query('rows 1')) . "\n");
});
$stream->next();
echo 'parent: ', $stream->current()['value'], ' ', $db->query('rows 1', timeout: 20.0)->count(), "\n";
?>
--EXPECTF--
child: 3 threads 1
child ended with 0
2
nothing was thrown
child ended with 0
child: 1
child ended with 0
Tusk\MisuseError(0): this connection belongs to the process that opened it, %s
child ended with 0
parent: 1 1
