--TEST--
A server that splits, delays, hangs up and lies: a failure in time that says what it saw, and the pool goes on
--SKIPIF--
<?php
require __DIR__ . '/../include/postgres_server.inc';
Tusk\Tests\skip_without_postgres_server();
?>
--FILE--
<?php
require __DIR__ . '/../include/postgres_server.inc';
use Tusk\Pool\Postgres as Pool;

$db = Pool::connect(Tusk\Tests\postgres_server(), max: 1);
foreach (['fine', 'split', 'slow', 'hangup', 'half', 'garbage', 'extra', 'huge', 'fields', 'lie'] as $how) {
    $sql = "SELECT /* $how */";
    try {
        $answer = $db->query($sql, [], 60.0)->fetchValue();
        echo "$how: ", $answer === $sql ? 'its answer' : $answer, "\n";
    } catch (Tusk\Failure $error) {
        // How a connection ends, by an end or a reset, is the kernel's choice.
        $seen = preg_match('/understand the server: (a [^;"]*?\d* ?bytes|a row[^;]*)/', $error->getMessage(), $found) ? $found[1] : '';
        echo "$how: ", $error::class, " $seen", str_contains($error->getMessage(), 'may have been executed') ? ', may have been executed' : '', "\n";
    }
    // What is broken is replaced, and nobody else is given its answers.
    $next = "SELECT 'after $how'";
    $db->query($next, [], 60.0)->fetchValue() === $next || print("wrong after $how\n");
}
// One that never answers and ignores cancels: the caller goes on in time, others get a new connection.
try {
    $db->query('SELECT /* hang */', [], 0.05);
} catch (Tusk\TimeoutException $error) {
    echo $error->getMessage(), "\n";
}
var_dump($db->query('SELECT 1', [], 60.0)->fetchValue());
var_dump($db->stats()['in_flight'], $db->stats()['leased']);
?>
--EXPECT--
fine: its answer
split: its answer
slow: its answer
hangup: Tusk\ConnectionException , may have been executed
half: Tusk\ConnectionException , may have been executed
garbage: Tusk\ProtocolException a message of 1414811695 bytes, may have been executed
extra: its answer
huge: Tusk\ProtocolException a message of 2147483647 bytes, may have been executed
fields: Tusk\ProtocolException a row that does not fit its columns, may have been executed
lie: Tusk\ProtocolException a row that does not fit its columns, may have been executed
"SELECT /* hang */" did not end within 0.05 s; it was sent, is being cancelled, and may have been executed
string(8) "SELECT 1"
int(0)
int(0)
