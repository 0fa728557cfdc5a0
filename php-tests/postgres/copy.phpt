--TEST--
COPY in from arrays, generators and strings, and out; refusals on both sides; bounded memory
--SKIPIF--
<?php
require __DIR__ . '/../include/postgres.inc';
Postgres::skip();
?>
--FILE--
<?php
require __DIR__ . '/../include/postgres.inc';
use Tusk\Pool\Postgres as Pool;

$server = Postgres::start();
$db = Pool::connect($server->address(), max: 2);
$db->execute('CREATE TABLE t (id int, word text, data bytea)');
$words = ['plain', "tab\tnew\nline\\ back\r", '\\N', '', 'ä', null];
var_dump($db->copyIn('COPY t (id, word) FROM STDIN', array_map(fn ($id, $word) => [$id, $word], array_keys($words), $words)));
var_dump($db->query('SELECT word FROM t ORDER BY id')->fetchColumn() === $words);
echo json_encode(implode('', iterator_to_array($db->copyOut("COPY (SELECT id, word FROM t WHERE id < 2 ORDER BY id) TO STDOUT WITH (FORMAT csv)")))), "\n";
var_dump($db->copyIn('COPY t (id, word) FROM STDIN WITH (FORMAT csv)', "100,\"a,b\"\n101,c\n"));
$rows = (function () {
    for ($n = 0; $n < 100_000; $n++) {
        yield [$n + 1000, "word $n"];
    }
})();
var_dump($db->copyIn('COPY t (id, word) FROM STDIN', $rows));
$count = 0;
foreach ($db->copyOut('COPY (SELECT id FROM t WHERE id >= 1000 ORDER BY id) TO STDOUT') as $line) {
    $count += (int) ((int) $line === $count + 1000);
}
var_dump($count);

$says = function (callable $callable) use ($db): void {
    try {
        var_dump($callable());
    } catch (Throwable $error) {
        echo $error::class, ': ', $error->getMessage(), ' | ', $db->query('SELECT count(*) FROM t')->fetchValue(), "\n";
    }
};
// The server refuses a row; the caller throws; neither leaves anything.
$says(fn () => $db->copyIn('COPY t (id) FROM STDIN', [[1], ['x']]));
$says(fn () => $db->copyIn('COPY t (id) FROM STDIN', (function () {
    yield [1];
    throw new LogicException('no more');
})()));
$says(fn () => $db->copyIn('COPY nowhere FROM STDIN', [[1]]));
$says(fn () => $db->copyIn('COPY t (id) FROM STDIN', [1]));
$says(fn () => $db->copyIn('SELECT 1', []));
$says(fn () => iterator_to_array($db->copyOut('COPY nowhere TO STDOUT')));
// Somebody who reads slowly is waited for, and the end may come early.
$out = $db->copyOut("COPY (SELECT repeat('x', 1000) FROM generate_series(1, 100000)) TO STDOUT");
$before = memory_get_usage();
var_dump(strlen($out->current()));
unset($out);
var_dump($db->transaction(function () use ($db) {
    $db->copyIn('COPY t (id) FROM STDIN', [[1], [2]]);
    return $db->query('SELECT count(*) FROM t')->fetchValue();
}));
var_dump($db->query('SELECT 1', [], 30.0)->fetchValue(), $db->stats()['lost']);
?>
--EXPECT--
int(6)
bool(true)
"0,plain\n1,\"tab\tnew\nline\\ back\r\"\n"
int(2)
int(100000)
int(100000)
Tusk\RemoteException: SQLSTATE[22P02]: invalid input syntax for type integer: "x" | 100008
LogicException: no more | 100008
Tusk\RemoteException: SQLSTATE[42P01]: relation "nowhere" does not exist | 100008
Tusk\MisuseError: copyIn() takes strings in the format of the command, or arrays of columns | 100008
ValueError: Tusk\Pool\Postgres::copyIn(): Argument #1 ($sql) must be a COPY command | 100008
Tusk\RemoteException: SQLSTATE[42P01]: relation "nowhere" does not exist | 100008
int(1001)
int(100010)
int(1)
int(0)
