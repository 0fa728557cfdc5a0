--TEST--
PostgreSQL that refuses a password, takes no more connections, or closes idle ones
--DESCRIPTION--
hyperf#1080: connections that the server had closed stayed behind in CLOSE_WAIT.
--SKIPIF--
<?php require __DIR__ . '/../include/postgres.inc'; Postgres::skip('pdo_pgsql', 'posix');
--FILE--
<?php
require __DIR__ . '/servers.inc';
require __DIR__ . '/../include/postgres.inc';

use Tusk\Pool\Pdo as Pooled;

$db = Postgres::start(['max_connections' => 12, 'superuser_reserved_connections' => 2]);
$admin = $db->pdo();
$admin->exec("CREATE ROLE app LOGIN PASSWORD 'secret'");
$db->authenticate("host all app 127.0.0.1/32 scram-sha-256\nhost all all 127.0.0.1/32 trust\n");
// It takes effect a moment after the server was told.
$dsn = "pgsql:host=127.0.0.1;port=$db->port;dbname=postgres;user=app";
while (true) {
    try {
        new PDO($dsn, null, 'guess');
        Tusk\sleep(0.01);
    } catch (PDOException) {
        break;
    }
}
$pooled = fn (string $password, array $settings) => new Pooled($dsn, null, $password, ['pool' => $settings + ['waitTimeout' => 40.0]]);
wrong_password($pooled('guess', ['max' => 4]), '/password authentication failed/');
too_many($pooled('secret', ['max' => 30]));
$pdo = $pooled('secret', ['max' => 4, 'checkAfter' => null]);
idle_closed($pdo, $db->port, fn () => $admin->query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'app'")->fetchAll());
// By the server's own clock.
$pdo = new Pooled("$dsn;options='-c idle_session_timeout=300'", null, 'secret', ['pool' => ['max' => 4, 'checkAfter' => null]]);
idle_closed($pdo, $db->port, fn () => null);
?>
--EXPECT--
wrong password: {"told why":20}, a few attempts
too many connections: {"right":60}, some sent away
idle ones closed: 42, 0 left half closed, 4 closed
idle ones closed: 42, 0 left half closed, 4 closed
