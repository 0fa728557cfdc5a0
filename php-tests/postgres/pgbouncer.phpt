--TEST--
Behind pgbouncer in transaction mode: statements without names, transactions, streams, COPY, cancels
--SKIPIF--
<?php
require __DIR__ . '/../include/postgres.inc';
Postgres::skip();
is_executable('/usr/sbin/pgbouncer') || exit('skip needs pgbouncer (package pgbouncer)');
?>
--FILE--
<?php
require __DIR__ . '/../include/postgres.inc';
use Tusk\Pool\Postgres as Pool;
use Tusk\Tests\Process;

$server = Postgres::start();
$port = Tusk\Tests\free_port();
$folder = Tusk\Tests\temporary_folder();
file_put_contents("$folder/users.txt", "\"test\" \"\"\n");
file_put_contents("$folder/pgbouncer.ini", "[databases]\npostgres = host=127.0.0.1 port=$server->port pool_size=2\n[pgbouncer]\n"
    . "listen_addr=127.0.0.1\nlisten_port=$port\nunix_socket_dir=\nauth_type=trust\nauth_file=$folder/users.txt\npool_mode=transaction\n");
$asUser = [];
if (posix_geteuid() === 0) {
    foreach ([$folder, "$folder/users.txt", "$folder/pgbouncer.ini"] as $path) {
        chown($path, 'nobody');
    }
    $asUser = ['setpriv', '--pdeathsig=KILL', '--reuid=nobody', '--regid=nogroup', '--clear-groups'];
}
Process::start([...$asUser, '/usr/sbin/pgbouncer', "$folder/pgbouncer.ini"])->waitForPort($port);
$db = Pool::connect($server->address(['port' => $port]), max: 4, options: ['statement_cache' => 0]);
$db->execute('CREATE TABLE t (id int)');

// Four connections of ours share two of the server's.
$wrong = 0;
$some = static function (int $coroutine) use ($db, &$wrong): void {
    for ($n = 0; $n < 25; $n++) {
        $id = $coroutine * 100 + $n;
        $wrong += (int) ($db->query('SELECT $1::int AS id', [$id], 30.0)->fetchValue() !== $id);
        $wrong += (int) ($db->query('SELECT $1::text AS id, now() > $2 AS later', ["$id", '2000-01-01'], 30.0)->fetchOne() !== ['id' => "$id", 'later' => true]);
        $n % 5 === 0 && $db->transaction(function () use ($db, $id): void {
            $db->execute('INSERT INTO t VALUES ($1)', [$id]);
            $db->execute('INSERT INTO t VALUES ($1)', [-$id - 1]);
        }, timeout: 30.0);
    }
};
Tusk\parallel(array_map(fn ($coroutine) => fn () => $some($coroutine), range(0, 19)));
var_dump($wrong, $db->query('SELECT count(*) FROM t')->fetchValue());
var_dump(count(iterator_to_array($db->stream('SELECT id FROM t'))));
var_dump($db->copyIn('COPY t FROM STDIN', [[1], [2]]));
// Its columns change while we remember others.
var_dump($db->query('SELECT * FROM t LIMIT 1')->columns()[0]['name']);
$db->execute('ALTER TABLE t ADD COLUMN word text');
var_dump(count($db->query('SELECT * FROM t LIMIT 1')->columns()));
try {
    $db->query('SELECT pg_sleep(60)', [], 0.05);
} catch (Tusk\TimeoutException) {
    var_dump($db->query('SELECT 5', [], 30.0)->fetchValue());
}
?>
--EXPECT--
int(0)
int(200)
int(200)
int(2)
string(2) "id"
int(2)
int(5)
