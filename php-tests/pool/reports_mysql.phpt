--TEST--
Reports of users of other pools, on MariaDB: hyperf#6611 #7450, php-async#203 #204 #205 #207 #235, swoole-src#4313 #2051
--DESCRIPTION--
Others have their own tests: php-async#141 is connects_fail, hyperf#1080 servers_*, php-async#203 session_*,
workerman#1116 destructors.
--SKIPIF--
<?php require __DIR__ . '/../include/mariadb.inc'; Mariadb::skip('pdo_mysql');
--FILE--
<?php
require __DIR__ . '/reports.inc';
require __DIR__ . '/../include/mariadb.inc';
$db = Mariadb::start();
$reports = new Reports(fn (array $options) => new Tusk\Pool\Pdo($db->dsn(), 'root', '', $options), 'CONNECTION_ID()');
Tusk\run(function () use ($reports, $db) {
    $reports->hyperf_6611();
    $reports->hyperf_7450();
    $reports->php_async_203([PDO::MYSQL_ATTR_INIT_COMMAND => "SET time_zone = '+02:00'"], fn ($pdo) => $pdo->query('SELECT @@time_zone')->fetchColumn());
    // This server has no TLS: a connection that must have it is none, instead of one without.
    $tls = new Tusk\Pool\Pdo($db->dsn(), 'root', '', [PDO::MYSQL_ATTR_SSL_CA => '/nonexistent/ca.pem', 'pool' => ['max' => 1]]);
    try {
        $tls->query('SELECT 1');
        echo "php-async#203: without TLS\n";
    } catch (PDOException) {
        echo "php-async#203: not without TLS\n";
    }
    $reports->php_async_204();
    $reports->php_async_205(PDO::ATTR_AUTOCOMMIT, 0, fn ($pdo) => (int) $pdo->query('SELECT @@autocommit')->fetchColumn());
    $reports->php_async_207();
    $reports->php_async_235();
    $reports->swoole_4313();
    $reports->swoole_2051("SELECT GET_LOCK('one', 30)", "SELECT RELEASE_LOCK('one')");
});
?>
--EXPECT--
hyperf#6611: 400 on 1 connection
hyperf#7450: 0 lent, 3 rows
php-async#203: ["+02:00"] on all of 3
php-async#203: not without TLS
php-async#204: false, 0 rows, 1 connection
php-async#205: [1] then [0]
php-async#207: [false,0,true,false,false,0]
php-async#235: 400 served, in the order of asking
swoole-src#4313: 50 of 50 right, 0 lent
swoole-src#2051: nobody is blocked
