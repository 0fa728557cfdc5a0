--TEST--
Passwords by SCRAM with and without channel binding, md5 and in the clear; TLS by sslmode
--SKIPIF--
<?php
require __DIR__ . '/../include/postgres.inc';
Postgres::skip('openssl');
?>
--FILE--
<?php
require __DIR__ . '/../include/postgres.inc';
require __DIR__ . '/../include/tls.inc';
use Tusk\Pool\Postgres as Pool;

$tls = Tusk\Tests\tls_authority();
$server = Postgres::start(['ssl' => 'off', 'password_encryption' => 'scram-sha-256']);
$admin = Pool::connect($server->address(), max: 1);
$admin->execute("CREATE ROLE scram LOGIN PASSWORD 'pässword'");
$admin->transaction(function () use ($admin): void {
    $admin->query("SET password_encryption = 'md5'");
    $admin->execute("CREATE ROLE md LOGIN PASSWORD 'secret'");
});
$admin->execute("CREATE ROLE plain LOGIN PASSWORD 'open'");
$admin->close();
$socket = $server->folder;
$server->authenticate("local all all trust\nhost all test 127.0.0.1/32 trust\nhostssl all scram 127.0.0.1/32 scram-sha-256\n"
    . "host all md 127.0.0.1/32 md5\nhostssl all plain 127.0.0.1/32 password\n");
$server->useTls($tls['server']);

$try = function (array $more, string $what) use ($server): void {
    try {
        $db = Pool::connect($server->address($more), max: 1);
        $row = $db->query('SELECT current_user AS u, ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()')->fetchOne();
        echo "$what: {$row['u']}", $row['ssl'] ? ' encrypted' : '', "\n";
    } catch (Throwable $error) {
        echo "$what: ", $error::class, ' ', preg_replace('/127\.0\.0\.1:\d+/', 'HOST', substr($error->getMessage(), 0, 110)), "\n";
    }
};
$full = ['sslmode' => 'verify-full', 'sslrootcert' => $tls['ca']];
$scram = ['user' => 'scram', 'password' => 'pässword'] + $full;
$try($scram, 'scram');
$try(['channel_binding' => 'require'] + $scram, 'scram bound');
$try(['channel_binding' => 'disable'] + $scram, 'scram unbound');
$try(['password' => 'wrong'] + $scram, 'wrong password');
$try(array_diff_key($scram, ['password' => 1]), 'no password');
$try(['user' => 'md', 'password' => 'secret'], 'md5');
$try(['user' => 'md', 'password' => 'secret', 'channel_binding' => 'require'] + $full, 'md5 where binding is required');
$try(['user' => 'plain', 'password' => 'open'] + $full, 'in the clear inside TLS');
$try(['dbname' => 'nowhere'], 'no database');
// How much is verified.
$try(['host' => 'localhost'] + $full, 'localhost');
$try(['sslmode' => 'verify-full', 'sslrootcert' => $tls['client']], 'another authority');
$try(['sslmode' => 'require'], 'require');
$try(['sslmode' => 'prefer'], 'prefer');
$try(['sslmode' => 'verify-ca', 'sslrootcert' => $tls['ca'], 'host' => '127.0.0.1'], 'verify-ca');
$try(['host' => $socket, 'sslmode' => 'verify-full'], 'unix socket');
$try(['sslmode' => 'allow'], 'allow');
$address = $server->address();
unset($address['sslmode']);
try {
    Pool::connect($address);
} catch (Tusk\ConnectionException $error) {
    echo 'default: ', str_contains($error->getMessage(), 'certificate') ? "verified\n" : $error->getMessage();
}
// A cancel is encrypted, too.
$db = Pool::connect($server->address($scram), max: 1);
try {
    $db->query('SELECT pg_sleep(60)', [], 0.05);
} catch (Tusk\TimeoutException) {
    var_dump($db->query('SELECT 1', [], 30.0)->fetchValue(), $db->stats()['connects']);
}
?>
--EXPECT--
scram: scram encrypted
scram bound: scram encrypted
scram unbound: scram encrypted
wrong password: Tusk\ConnectionException cannot log in: the server said FATAL SQLSTATE[28P01]: password authentication failed for user "scram"; are use
no password: Tusk\ConnectionException cannot log in: the server asks for a password, and none was given; add password=…
md5: md
md5 where binding is required: Tusk\ConnectionException cannot log in: channel_binding=require, and the server did not ask for SCRAM-SHA-256-PLUS
in the clear inside TLS: plain encrypted
no database: Tusk\ConnectionException cannot log in: the server said FATAL SQLSTATE[3D000]: database "nowhere" does not exist; is the database's nam
localhost: test encrypted
another authority: Tusk\ConnectionException cannot agree on TLS: invalid peer certificate: UnknownIssuer; is the authority known here? sslrootcert names a
require: test encrypted
prefer: test encrypted
verify-ca: test encrypted
unix socket: test
allow: Tusk\MisuseError cannot connect: sslmode=allow is not offered: it talks in the clear first; write disable or verify-full
default: verified
int(1)
int(1)
