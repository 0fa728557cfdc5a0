--TEST--
MariaDB that refuses a password, takes no more connections, or closes idle ones
--DESCRIPTION--
hyperf#1080: connections that MySQL had closed stayed behind in CLOSE_WAIT.
--SKIPIF--
<?php require __DIR__ . '/../include/mariadb.inc'; Mariadb::skip('pdo_mysql');
--FILE--
<?php
require __DIR__ . '/servers.inc';
require __DIR__ . '/../include/mariadb.inc';

use Tusk\Pool\Pdo as Pooled;

$db = Mariadb::start('--max-connections=10');
$admin = $db->pdo();
$admin->exec("CREATE USER app@'127.0.0.1' IDENTIFIED BY 'secret'; GRANT ALL ON test.* TO app@'127.0.0.1'");
$pooled = fn (string $password, array $settings) => new Pooled($db->dsn(), 'app', $password, ['pool' => $settings + ['waitTimeout' => 40.0]]);
wrong_password($pooled('guess', ['max' => 4]), '/Access denied/');
too_many($pooled('secret', ['max' => 30]));
$pdo = $pooled('secret', ['max' => 4, 'checkAfter' => null]);
idle_closed($pdo, $db->port, function () use ($admin) {
    foreach ($admin->query("SELECT id FROM information_schema.processlist WHERE user = 'app'")->fetchAll(PDO::FETCH_COLUMN) as $id) {
        $admin->exec("KILL $id");
    }
});
// By the server's own clock.
$pdo = new Pooled($db->dsn(), 'app', 'secret', [PDO::MYSQL_ATTR_INIT_COMMAND => 'SET SESSION wait_timeout = 1', 'pool' => ['max' => 4, 'checkAfter' => null]]);
idle_closed($pdo, $db->port, fn () => null);
?>
--EXPECT--
wrong password: {"told why":20}, a few attempts
too many connections: {"right":60}, some sent away
idle ones closed: 42, 0 left half closed, 4 closed
idle ones closed: 42, 0 left half closed, 4 closed
