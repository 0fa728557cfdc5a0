--TEST--
One ODBC connection, many coroutines: in turn, transactions whole, whether PDO, odbc_autocommit() or SQL began them
--SKIPIF--
<?php
require __DIR__ . '/../include/odbc.inc';
skip_without_odbc();
extension_loaded('odbc') || exit('skip needs ext/odbc');
has_odbc_driver('PostgreSQL Unicode') || exit('skip needs an ODBC driver for PostgreSQL (package odbc-postgresql)');
Postgres::skip();
?>
--INI--
error_log={TMP}/tusk-odbc.log
--FILE--
<?php
require __DIR__ . '/../include/odbc.inc';
$dsn = 'Driver={PostgreSQL Unicode};Server=127.0.0.1;Port=' . Postgres::start()->port . ';Database=postgres;Uid=test;';
$pdo = new PDO("odbc:$dsn", options: [PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION]);
$link = odbc_connect($dsn, '', '');
odbc_exec($link, 'create table t (who int)');

/** Each coroutine inserts its number twice with a wait in between; others may get in only before and after. */
$order = static function (Closure $begin, Closure $insert, Closure $end, Closure $empty) use ($link): string {
    $empty();
    Tusk\run(static function () use ($begin, $insert, $end): void {
        for ($n = 0; $n < 4; $n++) {
            Tusk\go(static function () use ($n, $begin, $insert, $end): void {
                $begin();
                $insert($n);
                Tusk\sleep(0.002);
                $insert($n);
                $end();
            });
        }
    });
    $rows = '';
    for ($result = odbc_exec($link, 'select who from t order by ctid'); odbc_fetch_row($result);) {
        $rows .= odbc_result($result, 'who');
    }
    return $rows;
};
$by_pdo = static fn (int $n): mixed => $pdo->exec("insert into t values ($n)");
$by_link = static fn (int $n): mixed => odbc_exec($link, "insert into t values ($n)");
$prepared = static fn (int $n): mixed => $pdo->prepare('insert into t values (?)')->execute([$n]);
$empty = static fn (): mixed => odbc_exec($link, 'truncate t');
echo 'PDO: ', $order($pdo->beginTransaction(...), $by_pdo, $pdo->commit(...), $empty), "\n";
echo 'PDO, prepared: ', $order($pdo->beginTransaction(...), $prepared, $pdo->commit(...), $empty), "\n";
echo 'PDO, SQL: ', $order(static fn () => $pdo->exec("/* one */ BEGIN"), $by_pdo, static fn () => $pdo->exec('commit'), $empty), "\n";
echo 'SQL: ', $order(static fn () => odbc_exec($link, 'start transaction'), $by_link, static fn () => odbc_exec($link, 'COMMIT;'), $empty), "\n";
echo 'autocommit: ', $order(
    static fn () => odbc_autocommit($link, false),
    $by_link,
    static fn () => odbc_commit($link) && odbc_autocommit($link, true),
    $empty,
), "\n";
// A savepoint ends nothing.
echo 'savepoint: ', $order(
    static fn () => $pdo->exec('begin work') . $pdo->exec('savepoint s') . $pdo->exec('rollback to s'),
    $by_pdo,
    static fn () => $pdo->exec('end'),
    $empty,
), "\n";

// Each gets its own rows, and goes on with them while others execute.
$got = Tusk\run(static function () use ($link): string {
    $coroutines = [];
    for ($n = 0; $n < 10; $n++) {
        $coroutines[] = Tusk\go(static function () use ($n, $link): bool {
            $result = odbc_exec($link, "select $n as n from generate_series(1, 3), pg_sleep(0.001)");
            $rows = 0;
            while (odbc_fetch_row($result)) {
                $rows += odbc_result($result, 1) == $n ? 1 : 100;
                Tusk\sleep(0);
            }
            return $rows === 3;
        });
    }
    return count(array_filter(array_map(static fn (Tusk\Coroutine $coroutine): bool => $coroutine->join(), $coroutines))) . ' right';
});
echo $got, "\n";
$waited = array_column(Tusk\Runtime::report()['shared_handles'], 'handle');
echo implode(', ', array_unique($waited)), "\n";
?>
--EXPECT--
PDO: 00112233
PDO, prepared: 00112233
PDO, SQL: 00112233
SQL: 00112233
autocommit: 00112233
savepoint: 00112233
10 right
PDO connection, ODBC connection
