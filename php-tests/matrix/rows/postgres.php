<?php
/** PDO pgsql and ext/pgsql: libpq waits in poll(2). $TUSK_PG is the port of a server. */

declare(strict_types=1);

namespace Tusk\Tests\Matrix;

use function Tusk\Tests\plain_php;

$text = static fn (string $host = '127.0.0.1'): string => "host=$host port=" . getenv('TUSK_PG') . ' dbname=postgres user=test';
$pdo = static fn (string $host = '127.0.0.1', array $options = []): \PDO
    => new \PDO('pgsql:' . strtr($text($host), ' ', ';'), null, null, $options);
$connect = static fn (): \PgSql\Connection => pg_connect($text(), PGSQL_CONNECT_FORCE_NEW);
$isPdo = ['extension:pdo_pgsql', 'env:TUSK_PG'];
$isPg = ['extension:pgsql', 'env:TUSK_PG'];
$slow = 'select 5 as five, \'text\' as word from pg_sleep(0.08)';
$with = static fn (\Closure $make, \Closure $run): \Closure => static fn (): mixed => $run($make());

$pdoRow = static fn (string $call, \Closure $run, float $waits = 0.08, string $remark = ''): Row
    => new Row("PDO pgsql: $call", 'interposition', $with($pdo, $run), waits: $waits, needs: $isPdo, remark: $remark);
$pgRow = static fn (string $call, \Closure $run, float $waits = 0.08, string $remark = ''): Row
    => new Row($call, 'interposition', $with($connect, $run), waits: $waits, needs: $isPg, remark: $remark);

/** Another process that holds a lock for a while, or until it is left alone, and says so. */
$holds_while = static fn (string $while): \Closure => static function () use ($text, $while): mixed {
    $code = '$db = new PDO("pgsql:' . strtr($text(), ' ', ';') . '"); $db->exec("create table if not exists locked (n int)");'
        . '$db->beginTransaction(); $db->exec("lock table locked"); echo "held\n"; ' . $while . '; $db->commit();';
    $process = proc_open([...plain_php(), '-r', $code], [['pipe', 'r'], ['pipe', 'w']], $pipes);
    return [fgets($pipes[1]), $process, $pipes];
};
$holds = $holds_while('usleep(120_000)');

return [
    new Row('PDO pgsql: a table that is locked', 'interposition', static fn (array $held): mixed => [$held[0], $pdo()->query('select n from locked')->fetchAll()],
        waits: 0.06, setup: $holds, needs: $isPdo),
    new Row('pg_query: a table that is locked, until lock_timeout', 'interposition', static function (array $held) use ($connect): mixed {
        pg_query($db = $connect(), 'set lock_timeout = 50');
        return [$held[0], pg_query($db, 'select n from locked'), pg_last_error($db)];
    }, waits: 0.045, setup: $holds_while('fgets(STDIN)'), needs: [...$isPg, 'extension:pdo_pgsql']),
    new Row('PDO pgsql: connect', 'interposition', static fn (): mixed => $pdo()->getAttribute(\PDO::ATTR_CONNECTION_STATUS), needs: $isPdo),
    new Row('PDO pgsql: connect by name', 'interposition', static fn (): mixed => $pdo('localhost')->query('select 1')->fetchAll(), needs: $isPdo),
    new Row('PDO pgsql: persistent connection', 'interposition', static fn (): mixed
        => $pdo(options: [\PDO::ATTR_PERSISTENT => true])->query($slow)->fetchAll(), waits: 0.08, needs: $isPdo),
    new Row('PDO pgsql: a refused connection', 'interposition', static fn (): mixed => new \PDO('pgsql:host=127.0.0.1;port=1;user=test'), needs: $isPdo),
    new Row('PDO pgsql: a name that does not exist', 'interposition', static fn (): mixed => new \PDO('pgsql:host=no.such.host.invalid;user=test'), needs: $isPdo),
    $pdoRow('query', static fn (\PDO $db): array => $db->query($slow)->fetchAll(\PDO::FETCH_ASSOC)),
    $pdoRow('exec', static fn (\PDO $db): mixed => $db->exec($slow)),
    $pdoRow('prepare, execute, fetch', static function (\PDO $db): array {
        $statement = $db->prepare('select ?::int + 1 as n from pg_sleep(0.04)');
        return [$statement->execute([4]), $statement->fetch(), $statement->execute([5]), $statement->fetchColumn(), $statement->rowCount()];
    }),
    $pdoRow('transaction', static function (\PDO $db): array {
        $steps = [$db->beginTransaction(), $db->inTransaction()];
        $db->exec('create temporary table t (n int)');
        $steps[] = $db->exec('insert into t select 1 from pg_sleep(0.08)');
        return [...$steps, $db->commit(), $db->inTransaction(), $db->query('select n from t')->fetchAll(\PDO::FETCH_COLUMN)];
    }),
    $pdoRow('an error after a while', static fn (\PDO $db): mixed => $db->query('select 1 / (count(*) - 1) from pg_sleep(0.08)')->fetch()),
    $pdoRow('an error without exceptions', static function (\PDO $db): array {
        $db->setAttribute(\PDO::ATTR_ERRMODE, \PDO::ERRMODE_WARNING);
        return [$db->query('select nonsense from pg_sleep(0.08)'), $db->errorInfo()];
    }, 0.0),
    $pdoRow('statement_timeout', static function (\PDO $db): mixed {
        $db->exec('set statement_timeout = 80');
        return $db->query('select pg_sleep(5)');
    }),
    $pdoRow('pgsqlCopyToArray', static fn (\PDO $db): mixed => $db->pgsqlCopyToArray('(select n from generate_series(1, 3) as n, pg_sleep(0.08))')),
    $pdoRow('pgsqlGetNotify', static fn (\PDO $db): mixed => [$db->exec('listen news'), $db->pgsqlGetNotify(\PDO::FETCH_ASSOC, 80)]),
    $pdoRow('getColumnMeta', static fn (\PDO $db): mixed => $db->query('select 1 as n from pg_sleep(0.08)')->getColumnMeta(0)['native_type']),
    $pdoRow('large result', static fn (\PDO $db): mixed => $db->query('select repeat(\'x\', 1000000) from generate_series(1, 8)')->fetchAll(), 0.0),

    new Row('pg_connect', 'interposition', static fn (): mixed => pg_connection_status($connect()), needs: $isPg),
    new Row('pg_connect, refused', 'interposition', static fn (): mixed => pg_connect('host=127.0.0.1 port=1 user=test'), needs: $isPg),
    new Row('pg_pconnect', 'interposition', static fn (): mixed => pg_fetch_all(pg_query(pg_pconnect($text()), $slow)), waits: 0.08, needs: $isPg),
    new Row('pg_connect, asynchronous', 'interposition', static function () use ($text): array {
        $connection = pg_connect($text(), PGSQL_CONNECT_FORCE_NEW | PGSQL_CONNECT_ASYNC);
        while (!in_array($state = pg_connect_poll($connection), [PGSQL_POLLING_OK, PGSQL_POLLING_FAILED], true)) {
            [$read, $write, $except] = [[], [], null];
            $socket = pg_socket($connection);
            $state === PGSQL_POLLING_READING ? $read[] = $socket : $write[] = $socket;
            stream_select($read, $write, $except, 1);
        }
        return [$state === PGSQL_POLLING_OK, pg_connection_status($connection)];
    }, needs: $isPg),
    $pgRow('pg_query', static fn ($db): mixed => pg_fetch_all(pg_query($db, $slow))),
    $pgRow('pg_query, an error', static fn ($db): mixed => [pg_query($db, 'select 1 / (count(*) - 1) from pg_sleep(0.08)'), pg_last_error($db)]),
    $pgRow('pg_query_params', static fn ($db): mixed => pg_fetch_all(pg_query_params($db, 'select $1::text from pg_sleep(0.08)', ['x']))),
    $pgRow('pg_prepare, pg_execute', static fn ($db): mixed => [pg_result_status(pg_prepare($db, 'p', 'select $1::int from pg_sleep(0.08)')),
        pg_fetch_all(pg_execute($db, 'p', [7]))]),
    $pgRow('pg_send_query, pg_get_result', static fn ($db): mixed => [pg_send_query($db, "$slow; select 6"), pg_fetch_all(pg_get_result($db)),
        pg_fetch_all(pg_get_result($db)), pg_get_result($db)]),
    $pgRow('pg_send_query, pg_cancel_query', static fn ($db): mixed => [pg_send_query($db, 'select pg_sleep(5)'), usleep(80_000), pg_cancel_query($db)]),
    $pgRow('pg_send_query, pg_connection_busy, stream_select', static function ($db) use ($slow): array {
        pg_send_query($db, $slow);
        $socket = pg_socket($db);
        do {
            [$read, $write, $except] = [[$socket], null, null];
            $selected = stream_select($read, $write, $except, 2);
        } while ($selected && pg_consume_input($db) && pg_connection_busy($db));
        return pg_fetch_all(pg_get_result($db));
    }),
    $pgRow('pg_copy_to', static fn ($db): mixed => pg_copy_to($db, '(select n from generate_series(1, 3) as n, pg_sleep(0.08))')),
    $pgRow('pg_copy_from', static fn ($db): mixed => [pg_query($db, 'create temporary table c (n int)') !== false,
        pg_copy_from($db, 'c', array_map(static fn (int $n): string => "$n\n", range(1, 50_000))), pg_fetch_all(pg_query($db, 'select count(*) from c'))], 0.0),
    $pgRow('pg_put_line, pg_end_copy', static fn ($db): mixed => [pg_query($db, 'create temporary table c (n int)') !== false, pg_query($db, 'copy c from stdin') !== false,
        pg_put_line($db, "1\n"), pg_put_line($db, "\\.\n"), pg_end_copy($db), pg_fetch_all(pg_query($db, 'select n from c, pg_sleep(0.08)'))]),
    $pgRow('pg_insert, pg_select, pg_update, pg_delete', static fn ($db): mixed => [pg_query($db, 'create temporary table c (n int, t text)') !== false,
        pg_insert($db, 'c', ['n' => 1, 't' => 'a']) !== false, pg_update($db, 'c', ['t' => 'b'], ['n' => 1]), pg_select($db, 'c', ['n' => 1]), pg_delete($db, 'c', ['n' => 1])], 0.0),
    $pgRow('pg_lo_create, pg_lo_write, pg_lo_read', static function ($db): array {
        pg_query($db, 'begin');
        $object = pg_lo_open($db, pg_lo_create($db), 'w');
        $steps = [pg_lo_write($object, 'large'), pg_lo_seek($object, 0), pg_lo_read($object, 5)];
        pg_query($db, 'rollback');
        return $steps;
    }, 0.0),
    $pgRow('pg_ping, pg_version, pg_set_client_encoding', static fn ($db): mixed => [pg_ping($db), pg_set_client_encoding($db, 'LATIN1'), pg_client_encoding($db)], 0.0),
    $pgRow('pg_meta_data', static fn ($db): mixed => pg_meta_data($db, 'pg_class')['relname'], 0.0),
    $pgRow('pg_get_notify', static fn ($db): mixed => [pg_query($db, 'listen news; notify news') !== false, pg_get_notify($db)['message']], 0.0),
];
