--TEST--
A statement that is kept prepared for the next has nothing left of who executed it before; errors and ids are of the last statement
--SKIPIF--
<?php extension_loaded('pdo_sqlite') || exit('skip needs ext/pdo_sqlite');
--FILE--
<?php
declare(strict_types=1);

require __DIR__ . '/../include/autoload.inc';

use Tusk\Pool\Pdo as Pooled;

$pdo = new Pooled('sqlite::memory:', null, null, ['pool' => ['max' => 1]]);
$say = fn (string $what, mixed $value) => print("$what: " . json_encode($value) . "\n");

// What PDO itself says of a parameter that nobody has bound.
$plain = (new PDO('sqlite::memory:'))->prepare('SELECT ? AS a, ? AS b');
$plain->bindValue(1, 'x');
$plain->execute();
$unbound = $plain->fetchAll(PDO::FETCH_NUM);

$bound = $pdo->prepare('SELECT ? AS a, ? AS b');
$bound->bindValue(1, 'secret');
$bound->bindValue(2, 'secret');
$bound->execute();
$say('bound', $bound->fetchAll(PDO::FETCH_NUM));
$next = $pdo->prepare('SELECT ? AS a, ? AS b');
$next->bindValue(1, 'x');
$next->execute();
$say('one of two bound, as plain PDO', $next->fetchAll(PDO::FETCH_NUM) === $unbound);
$next = $pdo->prepare('SELECT ? AS a, ? AS b');
$next->execute();
$say('none bound', $next->fetchAll(PDO::FETCH_NUM));
$next = $pdo->prepare('SELECT ? AS a, ? AS b');
$next->execute(['y', 'z']);
$say('given', $next->fetchAll(PDO::FETCH_NUM));

$say('fetched as a list', $pdo->query('SELECT 1 AS a', PDO::FETCH_NUM)->fetchAll());
$say('the next fetches by name too', $pdo->query('SELECT 1 AS a')->fetch());
$say('into an object', get_class($pdo->query('SELECT 1 AS a', PDO::FETCH_CLASS, stdClass::class)->fetch()));
$say('the next', $pdo->query('SELECT 1 AS a')->fetch());
$lazy = $pdo->query('SELECT 1 AS a');
$say('lazy, the last row', $lazy->fetch(PDO::FETCH_LAZY)->a);
unset($lazy);

$pdo->exec('CREATE TABLE t (id INTEGER PRIMARY KEY, n INT)');
$pdo->exec('INSERT INTO t (n) VALUES (1)');
$pdo->quote('it');
$say('id after quote()', $pdo->lastInsertId());
$pdo->exec('INSERT INTO t (n) VALUES (2)');
$say('id of known SQL', $pdo->lastInsertId());
$pdo->prepare('INSERT INTO t (n) VALUES (?)')->execute([3]);
$say('id of a statement', $pdo->lastInsertId());
$say('0 lent', $pdo->stats()['leased']);
try {
    $pdo->query('SELECT nonsense');
} catch (PDOException) {
    $say('after a failure', $pdo->errorCode());
}
$pdo->query('SELECT 1 AS a')->fetchAll();
$say('after a success', $pdo->errorCode());
?>
--EXPECT--
bound: [["secret","secret"]]
one of two bound, as plain PDO: true
none bound: [[null,null]]
given: [["y","z"]]
fetched as a list: [[1]]
the next fetches by name too: {"a":1,"0":1}
into an object: "stdClass"
the next: {"a":1,"0":1}
lazy, the last row: 1
id after quote(): "1"
id of known SQL: "2"
id of a statement: "3"
0 lent: 0
after a failure: "HY000"
after a success: "00000"
