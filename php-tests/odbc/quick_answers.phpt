--TEST--
ODBC: who asks again and again and is answered at once lets others run, and can be cancelled
--SKIPIF--
<?php require __DIR__ . '/../include/odbc_pool.inc'; Tusk\Tests\skip_without_bad_driver(); ?>
--FILE--
<?php
declare(strict_types=1);

require __DIR__ . '/../include/odbc_pool.inc';
require __DIR__ . '/../include/attempt.inc';

use Tusk\Pool\Odbc;
use function Tusk\Tests\{attempt, bad_driver};
use function Tusk\{go, run, sleep};

$db = Odbc::connect(bad_driver(), max: 1);
$db->query('rows 1');
// Alone, so that the answer is looked for; a timer must still fire, and a socket be heard.
run(function () use ($db) {
    $rung = false;
    [$here, $there] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
    go(function () use (&$rung, $there) {
        sleep(0.02);
        fwrite($there, 'x');
        $rung = true;
    });
    $heard = false;
    go(function () use ($here, &$heard) {
        $heard = fread($here, 1) === 'x';
    });
    while (!$rung || !$heard) {
        count($db->query('rows 1')) === 1 || print("wrong\n");
    }
    echo "others ran\n";

    $asks = go(function () use ($db) {
        while (true) {
            $db->query('rows 1');
        }
    });
    sleep(0.02);
    $asks->cancel();
    attempt('cancelled', fn () => $asks->join());
});
echo count($db->query('rows 3')), ' rows, ', $db->stats()['leased'], " lent\n";
?>
--EXPECT--
others ran
cancelled: Tusk\CancelledException: the coroutine was cancelled
3 rows, 0 lent
