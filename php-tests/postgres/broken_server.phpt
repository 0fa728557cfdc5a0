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
        echo "$how: ", $error::class, ' ', preg_replace('/; the connection to .* was given up|127\.0\.0\.1:\d+/', '', substr($error->getMessage(), 0, 240)), "\n";
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
TODO
