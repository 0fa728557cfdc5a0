<?php
/** PDO mysql and mysqli: mysqlnd reads and writes PHP streams. $TUSK_MYSQL is the port of a server. */

declare(strict_types=1);

namespace Tusk\Tests\Matrix;

use function Tusk\Tests\plain_php;

$port = (int) getenv('TUSK_MYSQL');
$pdo = static fn (array $options = []): \PDO => new \PDO("mysql:host=127.0.0.1;port=$port;dbname=test", 'root', '', $options);
$mysqli = static fn (): \mysqli => new \mysqli('127.0.0.1', 'root', '', 'test', $port);
$isPdo = ['extension:pdo_mysql', 'env:TUSK_MYSQL'];
$isMysqli = ['extension:mysqli', 'env:TUSK_MYSQL'];
$slow = 'select 5 as five, sleep(0.08) as slept';
$pdoRow = static fn (string $call, \Closure $run, float $waits = 0.08): Row
    => new Row("PDO mysql: $call", 'stream', static fn (): mixed => $run($pdo()), waits: $waits, needs: $isPdo);
$mysqliRow = static fn (string $call, \Closure $run, float $waits = 0.08, string $layer = 'stream'): Row
    => new Row("mysqli: $call", $layer, static fn (): mixed => $run($mysqli()), waits: $waits, needs: $isMysqli);

/** Another process that holds a row's lock, and says so. */
$holds = static function () use ($port): mixed {
    $code = "\$db = new PDO('mysql:host=127.0.0.1;port=$port;dbname=test', 'root');"
        . '$db->exec("create table if not exists locked (n int primary key) engine=innodb"); $db->exec("insert ignore into locked values (1)");'
        . '$db->beginTransaction(); $db->query("select n from locked where n = 1 for update")->fetchAll(); echo "held\n"; usleep(120_000); $db->commit();';
    $process = proc_open([...plain_php(), '-r', $code], [1 => ['pipe', 'w']], $pipes);
    return [fgets($pipes[1]), $process, $pipes];
};

return [
    new Row('PDO mysql: a row that is locked', 'stream', static fn (array $held): mixed => [$held[0], $pdo()->query('select n from locked where n = 1 for update')->fetchAll()],
        waits: 0.06, setup: $holds, needs: $isPdo),
    new Row('mysqli: a row that is locked, until its timeout', 'stream', static function (array $held) use ($mysqli): mixed {
        $db = $mysqli();
        try {
            return $db->query('select n from locked where n = 1 for update nowait');
        } catch (\mysqli_sql_exception $error) {
            return [$held[0], $error->getCode(), $db->query('select get_lock("mine", 1)')->fetch_row(), $db->query('select n from locked where n = 1 for update')->fetch_all()];
        }
    }, waits: 0.05, setup: $holds, needs: [...$isMysqli, 'extension:pdo_mysql']),
    new Row('PDO mysql: connect', 'stream', static fn (): mixed => $pdo()->query('select 1')->fetchAll(), needs: $isPdo),
    new Row('PDO mysql: persistent connection', 'stream', static fn (): mixed => $pdo([\PDO::ATTR_PERSISTENT => true])->query($slow)->fetchAll(), waits: 0.08, needs: $isPdo),
    new Row('PDO mysql: a refused connection', 'stream', static fn (): mixed => new \PDO('mysql:host=127.0.0.1;port=1', 'root'), needs: $isPdo),
    $pdoRow('query', static fn (\PDO $db): mixed => $db->query($slow)->fetchAll(\PDO::FETCH_ASSOC)),
    $pdoRow('exec', static fn (\PDO $db): mixed => $db->exec('do sleep(0.08)')),
    $pdoRow('prepare, execute, fetch', static function (\PDO $db): array {
        $db->setAttribute(\PDO::ATTR_EMULATE_PREPARES, false);
        $statement = $db->prepare('select ? + 1 as n, sleep(0.04)');
        return [$statement->execute([4]), $statement->fetchAll(), $statement->execute([5]), $statement->fetchAll()];
    }),
    $pdoRow('unbuffered rows', static function (\PDO $db): array {
        $db->setAttribute(\PDO::MYSQL_ATTR_USE_BUFFERED_QUERY, false);
        return $db->query('select 1 as n, sleep(0.04) union all select 2, sleep(0.04)')->fetchAll(\PDO::FETCH_NUM);
    }),
    $pdoRow('an error after a while', static fn (\PDO $db): mixed => $db->query('select sleep(0.08), (select 1 union select 2)')->fetchAll(), 0.0),
    $pdoRow('transaction', static fn (\PDO $db): mixed => [$db->beginTransaction(), $db->exec('do sleep(0.08)'), $db->inTransaction(), $db->commit()]),
    $mysqliRow('query', static fn (\mysqli $db): mixed => $db->query($slow)->fetch_all()),
    $mysqliRow('multi_query', static fn (\mysqli $db): mixed => [$db->multi_query("$slow; select 6"), $db->store_result()->fetch_all(),
        $db->next_result(), $db->store_result()->fetch_all()]),
    $mysqliRow('prepare, execute, get_result', static function (\mysqli $db): array {
        $statement = $db->prepare('select ? + 1, sleep(0.08)');
        $n = 4;
        $statement->bind_param('i', $n);
        return [$statement->execute(), $statement->get_result()->fetch_all()];
    }),
    $mysqliRow('asynchronous query, mysqli_poll, reap', static function (\mysqli $db) use ($slow): array {
        $db->query($slow, MYSQLI_ASYNC);
        [$read, $error, $reject] = [[$db], [$db], [$db]];
        return [mysqli_poll($read, $error, $reject, 2), count($read), $db->reap_async_query()->fetch_all()];
    }, layer: 'interposition'),
    $mysqliRow('mysqli_poll, its timeout', static function (\mysqli $db) use ($slow): array {
        $db->query($slow, MYSQLI_ASYNC);
        [$read, $error, $reject] = [[$db], [$db], [$db]];
        return [mysqli_poll($read, $error, $reject, 0, 40_000), $db->reap_async_query()->fetch_all()];
    }, layer: 'interposition'),
    $mysqliRow('ping, stat, change_user', static fn (\mysqli $db): mixed => [$db->ping(), is_string($db->stat()), $db->change_user('root', '', 'test')], 0.0),
    $mysqliRow('an error', static fn (\mysqli $db): mixed => $db->query('select nonsense'), 0.0),
];
