<?php
/**
 * Servers for php-src's tests of databases, private and on free ports. Writes lines of
 * NAME=value for the environment that those tests read, then READY, and waits until its
 * standard input is closed. A server that this machine has not is left out, with a remark;
 * its tests skip themselves.
 *
 *   php servers.php php-tests/include
 */

declare(strict_types=1);

$include = $argv[1];
require "$include/mariadb.inc";
require "$include/postgres.inc";

/** Calls `start`; what does not start is said on STDERR. */
function attempt(string $name, Closure $start): void
{
    try {
        foreach ($start() as $variable => $value) {
            echo "$variable=$value\n";
        }
    } catch (Throwable $error) {
        fwrite(STDERR, "no $name: {$error->getMessage()}\n");
    }
}

attempt('MariaDB', static function (): array {
    $server = Mariadb::start();
    return [
        'MYSQL_TEST_HOST' => '127.0.0.1', 'MYSQL_TEST_PORT' => $server->port, 'MYSQL_TEST_USER' => 'root',
        'MYSQL_TEST_DB' => 'test',
        'PDO_MYSQL_TEST_DSN' => "mysql:host=127.0.0.1;port=$server->port;dbname=test",
        'PDO_MYSQL_TEST_HOST' => '127.0.0.1', 'PDO_MYSQL_TEST_PORT' => $server->port,
        'PDO_MYSQL_TEST_USER' => 'root', 'PDO_MYSQL_TEST_PASS' => '',
    ];
});
attempt('PostgreSQL', static function (): array {
    $server = Postgres::start();
    $server->pdo()->exec('CREATE DATABASE test');
    $text = "host=127.0.0.1 port=$server->port dbname=test user=test";
    return ['PGSQL_TEST_CONNSTR' => $text, 'PDO_PGSQL_TEST_DSN' => "pgsql:$text"];
});
echo "READY\n";
stream_get_contents(STDIN);
