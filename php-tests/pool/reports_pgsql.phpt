--TEST--
Reports of users of other pools, on PostgreSQL: hyperf#6611 #7450, php-async#203 #204 #205 #207 #235, swoole-src#4313 #2051
--SKIPIF--
<?php require __DIR__ . '/../include/postgres.inc'; Postgres::skip('pdo_pgsql', 'posix');
--FILE--
<?php
require __DIR__ . '/reports.inc';
require __DIR__ . '/../include/postgres.inc';
$db = Postgres::start();
$reports = new Reports(fn (array $options) => new Tusk\Pool\Pdo($db->dsn(), null, null, $options), 'pg_backend_pid()');
Tusk\run(function () use ($reports, $db) {
    $reports->hyperf_6611();
    $reports->hyperf_7450();
    $reports->php_async_203([PDO::PGSQL_ATTR_DISABLE_PREPARES => true], fn ($pdo) => $pdo->getAttribute(PDO::ATTR_DRIVER_NAME));
    $tls = new Tusk\Pool\Pdo($db->dsn() . ';sslmode=require', null, null, ['pool' => ['max' => 1]]);
    try {
        $tls->query('SELECT 1');
        echo "php-async#203: without TLS\n";
    } catch (PDOException) {
        echo "php-async#203: not without TLS\n";
    }
    $reports->php_async_204();
    $reports->php_async_205(PDO::ATTR_CASE, PDO::CASE_UPPER, fn ($pdo) => key($pdo->query('SELECT 1 AS Name')->fetch(PDO::FETCH_ASSOC)));
    $reports->php_async_207();
    $reports->php_async_235();
    $reports->swoole_4313();
    $reports->swoole_2051('SELECT pg_advisory_lock(1)', 'SELECT pg_advisory_unlock(1)');
});
?>
--EXPECT--
hyperf#6611: 400 on 1 connection
hyperf#7450: 0 lent, 3 rows
php-async#203: ["pgsql"] on all of 3
php-async#203: not without TLS
php-async#204: false, 0 rows, 1 connection
php-async#205: ["name"] then ["NAME"]
php-async#207: [false,0,true,false,false,0]
php-async#235: 400 served, in the order of asking
swoole-src#4313: 50 of 50 right, 0 lent
swoole-src#2051: nobody is blocked
