--TEST--
ODBC: cancelled while waiting for a result, for a connection, in a transaction and in a stream; destroyed with the script
--SKIPIF--
<?php require __DIR__ . '/../include/odbc_pool.inc'; Tusk\Tests\skip_without_bad_driver(); ?>
--FILE--
<?php
declare(strict_types=1);

require __DIR__ . '/../include/odbc_pool.inc';

use Tusk\Pool\Odbc;
use function Tusk\Tests\bad_driver;

$db = Odbc::connect(bad_driver(), max: 1);
Tusk\run(function () use ($db) {
    $report = fn (string $what, callable $body) => Tusk\go(function () use ($what, $body) {
        try {
            $body();
            echo "$what: ended\n";
        } catch (Tusk\CancelledException $e) {
            echo "$what: cancelled\n";
        }
    });
    $result = $report('result', fn () => $db->query('sleep 60000'));
    $line = $report('line', fn () => $db->query('rows 1'));
    Tusk\sleep(0.0);
    $line->cancel();
    $result->cancel();
    Tusk\sleep(0.0);
    echo $db->query('rows 1', timeout: 20.0)->fetchValue(), "\n";

    $transaction = $report('transaction', fn () => $db->transaction(fn () => Tusk\sleep(60)));
    $stream = $report('stream', function () use ($db) {
        foreach ($db->stream('rows 100000000') as $row) {
            Tusk\sleep(0.0);
        }
    });
    Tusk\sleep(0.02);
    $transaction->cancel();
    Tusk\sleep(0.02);
    $stream->cancel();
    Tusk\sleep(0.0);
    echo $db->query('rows 1', timeout: 20.0)->fetchValue(), ' ', $db->stats()['created'], "\n";
});

// Suspended when the script ends.
$stream = $db->stream('rows 100000000');
$stream->current();
Tusk\go(fn () => $db->query('sleep 60000'));
echo "end\n";
exit(0);
?>
--EXPECT--
line: cancelled
result: cancelled
0
transaction: cancelled
stream: cancelled
0 1
end
