--TEST--
What connect() and queries refuse, and what they say
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

$says = function (callable $callable): void {
    try {
        $callable();
        echo "taken\n";
    } catch (Throwable $error) {
        echo $error::class, ': ', $error->getMessage(), "\n";
    }
};
$says(fn () => new Pool());
$says(fn () => Pool::connect('nonsense'));
$says(fn () => Pool::connect('host=127.0.0.1'));
$says(fn () => Pool::connect('postgresql://u:secret@h:x/d'));
$says(fn () => Pool::connect(['host' => 'h', 'user' => 'u', 'colour' => 'red']));
$says(fn () => Pool::connect(['h']));
$says(fn () => Pool::connect(1));
$says(fn () => Pool::connect('user=u', max: 0));
$says(fn () => Pool::connect('user=u', max: 2, min: 3));
$says(fn () => Pool::connect('user=u', timeout: -1.0));
$says(fn () => Pool::connect('user=u', options: ['x' => 1]));
$says(fn () => Pool::connect('user=u', options: ['pipeline' => 0]));
$says(fn () => Pool::connect('user=u sslcert=/nowhere'));
$says(fn () => Pool::connect('user=u sslmode=verify-full sslrootcert=/nowhere'));
$port = Tusk\Tests\free_port();
try {
    Pool::connect("host=127.0.0.1 port=$port user=u sslmode=disable");
} catch (Tusk\ConnectionException $error) {
    echo str_replace((string) $port, 'PORT', $error->getMessage()), "\n";
}
$db = Pool::connect("host=127.0.0.1 port=$port user=u sslmode=disable connect_timeout=0.2", options: ['lazy' => true]);
$says(fn () => $db->query("SELECT '\0'"));
$says(fn () => $db->query("SELECT '\xff'"));
$says(fn () => $db->query('SELECT 1', [], -1.0));
$says(fn () => $db->query('SELECT 1', [fopen('php://memory', 'r')]));
$says(fn () => $db->listen(''));
// Nobody is there: it fails when connecting has failed for long enough, and was not sent.
try {
    $db->query('SELECT 1');
} catch (Tusk\ConnectionException $error) {
    echo str_replace((string) $port, 'PORT', $error->getMessage()), "\n";
}
?>
--EXPECT--
Tusk\MisuseError: a pool is made by Tusk\Pool\Postgres::connect()
Tusk\MisuseError: cannot connect: a PostgreSQL address is key=value pairs or postgresql://…
Tusk\MisuseError: cannot connect: no user is named: give user=… (the system's user is not guessed)
Tusk\MisuseError: cannot connect: "x" is no port
Tusk\MisuseError: cannot connect: there is no "colour" in a PostgreSQL address; known are host, port, user, password, passfile, dbname, application_name, options, sslmode, sslrootcert, sslcert, sslkey, channel_binding, connect_timeout, target_session_attrs, load_balance_hosts, client_encoding
Tusk\MisuseError: the array of a PostgreSQL address has names: ['host' => …, 'user' => …]
TypeError: Tusk\Pool\Postgres::connect(): Argument #1 ($dsn) must be of type array|string
Tusk\MisuseError: "max" is a whole number from 1 to 1000
Tusk\MisuseError: "min" is a whole number from 0 to 2
ValueError: Tusk\Pool\Postgres::connect(): Argument #4 ($timeout) must be zero or more seconds, -1 given
Tusk\MisuseError: there is no option "x"; known are lazy, idle_timeout, pipeline, max_queue, max_result_bytes, statement_cache, budget
Tusk\MisuseError: "pipeline" is a whole number from 1 to 65536
Tusk\MisuseError: cannot connect: sslcert and sslkey belong together: give both or none
Tusk\MisuseError: cannot set up TLS: sslrootcert: /nowhere: I/O error: No such file or directory (os error 2)
cannot connect: u@127.0.0.1:PORT/u (ECONNREFUSED: Connection refused); is the server running, and listening there?
ValueError: Tusk\Pool\Postgres::query(): Argument #1 ($sql) must not contain NUL bytes
ValueError: Tusk\Pool\Postgres::query(): Argument #1 ($sql) must be UTF-8; bytes of other kinds go as parameters
ValueError: Tusk\Pool\Postgres::query(): Argument #3 ($timeout) must be zero or more seconds, -1 given
Tusk\MisuseError: a parameter is an object that has no form: give scalars, lists, dates, backed enums, objects with __toString(), or what json_encode() takes for a json parameter
ValueError: Tusk\Pool\Postgres::listen(): Argument #1 ($channel) must be a name of 1 to 63 bytes
cannot connect: u@127.0.0.1:PORT/u; the query was not sent (ECONNREFUSED: Connection refused); is the server running, and listening there?
