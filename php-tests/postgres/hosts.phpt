--TEST--
Several hosts: the first that answers and is what target_session_attrs asks for; after a failover the other one
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

$primary = Postgres::start();
$standby = Postgres::start();
// Without a primary to follow it only stays in recovery, which is all that clients see of it.
touch("$standby->folder/data/standby.signal");
posix_geteuid() === 0 && chown("$standby->folder/data/standby.signal", 'nobody');
$standby->restart(SIGINT);
$dead = Tusk\Tests\free_port();
$names = [$primary->port => 'primary', $standby->port => 'standby'];

$which = function (array $ports, array $more = []) use ($primary, $names): string {
    try {
        $hosts = implode(',', array_fill(0, count($ports), '127.0.0.1'));
        $db = Pool::connect($primary->address($more + ['host' => $hosts, 'port' => implode(',', $ports), 'connect_timeout' => 20]), max: 2);
        return $names[$db->query('SELECT inet_server_port()', [], 30.0)->fetchValue()];
    } catch (Tusk\ConnectionException | Tusk\MisuseError $error) {
        return (new ReflectionClass($error))->getShortName() . ': ' . preg_replace('/:\d+/', ':PORT', $error->getMessage());
    }
};
echo $which([$dead, $primary->port, $standby->port]), ' ', $which([$standby->port, $primary->port]), "\n";
foreach (['any', 'read-write', 'primary', 'read-only', 'standby', 'prefer-standby'] as $target) {
    echo "$target: ", $which([$primary->port, $dead, $standby->port], ['target_session_attrs' => $target]), ' ',
        $which([$standby->port, $dead, $primary->port], ['target_session_attrs' => $target]), "\n";
}
echo 'only a primary: ', $which([$primary->port], ['target_session_attrs' => 'prefer-standby']), "\n";
echo $which([$primary->port], ['target_session_attrs' => 'standby', 'connect_timeout' => 0.2]), "\n";
echo $which([$primary->port, 1, 2], ['host' => '127.0.0.1,127.0.0.1']), "\n";
echo $which([$primary->port], ['target_session_attrs' => 'master']), "\n";
// By a URL, too.
$db = Pool::connect("postgresql://test@127.0.0.1:$dead,127.0.0.1:$standby->port/postgres?sslmode=disable&target_session_attrs=standby");
echo $names[$db->query('SELECT inet_server_port()')->fetchValue()], "\n";
$db->close();

// Connections spread over the hosts.
$seen = [];
for ($until = microtime(true) + 30; count($seen) < 2 && microtime(true) < $until;) {
    $seen[$which([$primary->port, $standby->port], ['load_balance_hosts' => 'random'])] = true;
}
echo count($seen), " of 2\n";

// The primary ends and the standby is promoted: the pool follows by itself.
$db = Pool::connect($primary->address(['host' => '127.0.0.1,127.0.0.1', 'port' => "$primary->port,$standby->port", 'connect_timeout' => 20,
    'target_session_attrs' => 'read-write']), max: 3);
echo $names[$db->query('SELECT inet_server_port()', [], 30.0)->fetchValue()], "\n";
$primary->process()->stop(SIGQUIT);
Pool::connect($standby->address(), max: 1)->query('SELECT pg_promote()', [], 50.0);
for ($until = microtime(true) + 50, $now = ''; $now === '' && microtime(true) < $until;) {
    try {
        $now = $names[$db->query('SELECT inet_server_port()', [], 30.0)->fetchValue()];
        $db->execute('CREATE TABLE written (id int)');
    } catch (Tusk\ConnectionException) {
        Tusk\sleep(0.01);
    }
}
echo "then the former $now\n";
?>
--EXPECT--
primary standby
any: primary standby
read-write: primary primary
primary: primary primary
read-only: standby standby
standby: standby standby
prefer-standby: standby standby
only a primary: primary
ConnectionException: cannot connect: 127.0.0.1:PORT is a primary that may write, and target_session_attrs asks for another
MisuseError: cannot connect: 2 hosts and 3 ports were given: give one port for all, or one for each
MisuseError: cannot connect: target_session_attrs is any, read-write, read-only, primary, standby or prefer-standby
standby
2 of 2
primary
then the former standby
