--TEST--
Passwords from libpq's password file and from PGPASSWORD, where none is given
--SKIPIF--
<?php
require __DIR__ . '/../include/postgres.inc';
Postgres::skip();
?>
--FILE--
<?php
require __DIR__ . '/../include/postgres.inc';
use Tusk\Pool\Postgres as Pool;

$server = Postgres::start(['password_encryption' => 'scram-sha-256']);
$admin = Pool::connect($server->address(), max: 1);
$admin->execute("CREATE ROLE ann LOGIN PASSWORD 'a:b'");
$admin->execute("CREATE ROLE bob LOGIN PASSWORD 'secret'");
$admin->close();
$server->authenticate("local all all scram-sha-256\nhost all test 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 scram-sha-256\n");

$file = sys_get_temp_dir() . '/tusk-passfile-' . getmypid();
register_shutdown_function(fn () => @unlink($file));
file_put_contents($file, "# of this server\n127.0.0.1:$server->port:*:ann:a\\:b\n*:1:*:bob:wrong\n");
chmod($file, 0600);

$try = function (string $what, array $more) use ($server): void {
    try {
        $said = Pool::connect($server->address($more), max: 1)->query('SELECT current_user')->fetchValue();
    } catch (Throwable $error) {
        $said = $error::class . ' ' . (preg_match('/none was given|cannot be read|chmod 600|password authentication failed/', $error->getMessage(), $found) ? $found[0] : $error->getMessage());
    }
    echo "$what: $said\n";
};
putenv('HOME');
putenv('PGPASSFILE');
putenv('PGPASSWORD');
$try('nowhere', ['user' => 'ann']);
$try('passfile', ['user' => 'ann', 'passfile' => $file]);
$try('not in it', ['user' => 'bob', 'passfile' => $file]);
$try('given', ['user' => 'bob', 'password' => 'secret', 'passfile' => $file]);
putenv("PGPASSFILE=$file");
$try('PGPASSFILE', ['user' => 'ann']);
putenv('PGPASSWORD=secret');
$try('PGPASSWORD', ['user' => 'bob']);
$try('given, and wrong', ['user' => 'bob', 'password' => 'no']);
putenv('PGPASSWORD');
chmod($file, 0644);
$try('for all to read', ['user' => 'ann', 'passfile' => $file]);
$try('PGPASSFILE for all to read', ['user' => 'ann']);
$try('no password is asked for', []);
$try('no such file', ['passfile' => '/nowhere/at/all']);
?>
--EXPECT--
nowhere: Tusk\ConnectionException none was given
passfile: ann
not in it: Tusk\ConnectionException none was given
given: bob
PGPASSFILE: ann
PGPASSWORD: bob
given, and wrong: Tusk\ConnectionException password authentication failed
for all to read: Tusk\MisuseError chmod 600
PGPASSFILE for all to read: Tusk\ConnectionException none was given
no password is asked for: test
no such file: Tusk\MisuseError cannot be read
