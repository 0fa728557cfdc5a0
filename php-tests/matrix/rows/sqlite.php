<?php
/** SQLite: long queries give way through a progress handler, waits for locks sleep in libc. */

declare(strict_types=1);

namespace Tusk\Tests\Matrix;

$long = 'with recursive c(x) as (select 1 union all select x + 1 from c where x < 1500000) select count(*), sum(x) from c';

/** Another process that holds the lock of db.sqlite for a while. */
$locked = static function (string $folder): mixed {
    (new \PDO("sqlite:$folder/db.sqlite"))->exec('create table t (n int)');
    $script = '$db = new PDO("sqlite:db.sqlite"); $db->exec("begin exclusive"); echo "locked\n"; usleep(%d); $db->exec("commit");';
    $process = proc_open([PHP_BINARY, '-r', sprintf($script, 120_000)], [1 => ['pipe', 'w']], $pipes, $folder);
    fgets($pipes[1]);
    return [$process, $pipes];
};
$pdo = ['extension:pdo_sqlite'];
$sqlite = ['extension:sqlite3', 'extension:pdo_sqlite'];

return [
    new Row('PDO sqlite: a query that computes', 'interposition', static fn (): mixed => (new \PDO('sqlite::memory:'))->query($long)->fetchAll(),
        waits: 0.05, needs: $pdo, remark: 'gives way once a millisecond'),
    new Row('PDO sqlite: a query that computes, prepared', 'interposition', static function () use ($long): array {
        $statement = (new \PDO('sqlite::memory:'))->prepare($long);
        return [$statement->execute(), $statement->fetchAll()];
    }, waits: 0.05, needs: $pdo),
    new Row('PDO sqlite: a lock', 'interposition', static fn (): mixed => (new \PDO('sqlite:db.sqlite'))->exec('insert into t values (1)'),
        waits: 0.05, setup: $locked, needs: $pdo),
    new Row('PDO sqlite: a lock, in a transaction', 'interposition', static function (): array {
        $db = new \PDO('sqlite:db.sqlite');
        return [$db->beginTransaction(), $db->exec('insert into t values (1)'), $db->commit(), $db->query('select n from t')->fetchAll()];
    }, waits: 0.05, setup: $locked, needs: $pdo),
    new Row('PDO sqlite: a lock, not waited for', 'interposition', static function (): mixed {
        $db = new \PDO('sqlite:db.sqlite', options: [\PDO::ATTR_TIMEOUT => 0]);
        return $db->exec('insert into t values (1)');
    }, setup: $locked, needs: $pdo),
    new Row('SQLite3: a query that computes', 'interposition', static fn (): mixed => (new \SQLite3(':memory:'))->querySingle($long, true), waits: 0.05, needs: $sqlite),
    new Row('SQLite3: a statement that computes', 'interposition', static fn (): mixed => (new \SQLite3(':memory:'))->prepare($long)->execute()->fetchArray(),
        waits: 0.05, needs: $sqlite),
    new Row('SQLite3: a lock', 'interposition', static function (): mixed {
        $db = new \SQLite3('db.sqlite');
        $db->busyTimeout(2000);
        return [$db->exec('insert into t values (1)'), $db->changes()];
    }, waits: 0.05, setup: $locked, needs: $sqlite),
    new Row('SQLite3: a lock, until its timeout', 'interposition', static function (): mixed {
        $db = new \SQLite3('db.sqlite');
        $db->busyTimeout(40);
        return [$db->exec('insert into t values (1)'), $db->lastErrorCode(), $db->lastErrorMsg()];
    }, waits: 0.03, setup: $locked, needs: $sqlite),
    new Row('SQLite3::backup', 'interposition', static function (): mixed {
        $from = new \SQLite3(':memory:');
        $from->exec('create table t (n int); insert into t values (5)');
        $to = new \SQLite3(':memory:');
        return [$from->backup($to), $to->querySingle('select n from t')];
    }, needs: $sqlite),
];
