--TEST--
openGauss' logins: SHA-256 with the usual numbers of rounds, SM3, md5 over SHA-256; and a server that does not know the password
--EXTENSIONS--
pcntl
--SKIPIF--
<?php
require __DIR__ . '/../include/postgres.inc';
Postgres::skip();
?>
--FILE--
<?php
declare(strict_types=1);

require __DIR__ . '/../include/postgres.inc';
use Tusk\Pool\Postgres as Pool;

$server = Postgres::start();
$admin = Pool::connect($server->address(), max: 1);
$users = ['sha256', 'sha256_old', 'sm3', 'md5', 'rounds', 'liar'];
foreach ($users as $user) {
    $admin->execute("CREATE ROLE $user LOGIN");
}
$port = Tusk\Tests\free_port();
Tusk\Tests\Process::start([...Tusk\Tests\plain_php(), '-d', 'display_errors=stderr', __DIR__ . '/../include/gauss_server.php', (string) $port, (string) $server->port])->waitForPort($port);
foreach ([...$users, 'wrong'] as $user) {
    try {
        $password = $user === 'wrong' ? 'Gauss@124' : 'Gauss@123';
        $db = Pool::connect($server->address(['port' => $port, 'user' => $user === 'wrong' ? 'md5' : $user, 'password' => $password, 'connect_timeout' => 20]), max: 3);
        $wait = new Tusk\WaitGroup(6);
        for ($i = 0; $i < 6; $i++) {
            Tusk\go(function () use ($db, $wait): void {
                $db->query('SELECT pg_sleep(0.01)', [], 30.0);
                $wait->done();
            });
        }
        $wait->wait();
        echo "$user: ", $db->query('SELECT current_user')->fetchValue(), "\n";
    } catch (Tusk\ConnectionException $error) {
        echo "$user: ", $error->getMessage(), "\n";
    }
}
try {
    Pool::connect($server->address(['port' => $port, 'user' => 'sha256']));
} catch (Tusk\ConnectionException $error) {
    echo $error->getMessage(), "\n";
}
?>
--EXPECT--
sha256: sha256
sha256_old: sha256_old
sm3: sm3
md5: md5
rounds: cannot log in: the password is wrong, or the server does not know it, or its auth_iteration_count is neither 10000 nor 2048
liar: cannot log in: the password is wrong, or the server does not know it, or its auth_iteration_count is neither 10000 nor 2048
wrong: cannot log in: the server said FATAL SQLSTATE[28P01]: Invalid username/password,login denied.; are user and password right, and does pg_hba.conf let this host in, with or without TLS?
cannot log in: the server asks for a password, and none was given; add password=…
