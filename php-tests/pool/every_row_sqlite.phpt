--TEST--
SQLite: every row is fetched, whatever rowCount() says
--DESCRIPTION--
A SELECT without rows that is executed again has as its rowCount() what the last INSERT has changed. Rows beyond it were lost.
--SKIPIF--
<?php extension_loaded('pdo_sqlite') || exit('skip needs ext/pdo_sqlite');
--FILE--
<?php
declare(strict_types=1);

require __DIR__ . '/../include/autoload.inc';

$rows = function (PDO $pdo): array {
    $pdo->exec('CREATE TABLE t (v TEXT)');
    $pdo->exec("INSERT INTO t VALUES ('a'), ('b'), ('c')");
    $sql = 'SELECT v FROM t WHERE v >= ?';
    $fetch = [
        'fetch' => function (PDOStatement $s) {
            for ($all = []; $row = $s->fetch(PDO::FETCH_NUM); $all[] = $row[0]);
            return $all;
        },
        'fetchColumn' => function (PDOStatement $s) {
            for ($all = []; ($value = $s->fetchColumn()) !== false; $all[] = $value);
            return $all;
        },
        'fetchObject' => function (PDOStatement $s) {
            for ($all = []; $row = $s->fetchObject(); $all[] = $row->v);
            return $all;
        },
        'foreach' => fn (PDOStatement $s) => array_column(iterator_to_array($s, false), 'v'),
    ];
    $seen = [];
    foreach ($fetch as $how => $all) {
        $pdo->exec('CREATE TABLE IF NOT EXISTS u (n INT)');
        for ($i = 0; $i < 2; $i++) {
            $statement = $pdo->prepare($sql);
            $statement->execute(['z']);
            $statement->fetch();
            $pdo->exec('INSERT INTO u VALUES (1)');
        }
        $statement->execute(['a']);
        $seen[$how] = implode(' ', $all($statement));
        // The connection went back with the end of the rows, while the statement is still here.
        $seen["lent after $how"] = $pdo instanceof Tusk\Pool\Pdo ? $pdo->stats()['leased'] : 0;
    }
    return $seen;
};
$plain = $rows(new PDO('sqlite::memory:'));
$pooled = $rows(new Tusk\Pool\Pdo('sqlite::memory:', options: ['pool' => ['max' => 1]]));
foreach ($pooled as $what => $seen) {
    echo "$what: $seen", $seen === $plain[$what] ? '' : ", but plain PDO: $plain[$what]", "\n";
}
?>
--EXPECT--
fetch: a b c
lent after fetch: 0
fetchColumn: a b c
lent after fetchColumn: 0
fetchObject: a b c
lent after fetchObject: 0
foreach: a b c
lent after foreach: 0
