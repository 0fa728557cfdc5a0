<?php
/**
 * 200 coroutines that each ask a real MariaDB for SELECT SLEEP(0.02) by PDO, on
 * connections that are open already. One after the other that is 4 s.
 */

declare(strict_types=1);

namespace Bench;

use Tusk\WaitGroup;

require __DIR__ . '/lib/measure.php';
require __DIR__ . '/../php-tests/include/mariadb.inc';

const COROUTINES = 200;
const ROUNDS = 9;

$server = \Mariadb::start();
$connections = [];
for ($i = 0; $i < COROUTINES; $i++) {
    $connections[] = $server->pdo();
}

/** Runs $query on every connection at once; the time until all have answered, in ms. */
function all_at_once(array $connections, string $query): float
{
    $group = new WaitGroup();
    $group->add(count($connections));
    $begun = hrtime(true);
    foreach ($connections as $connection) {
        \Tusk\go(static function () use ($connection, $query, $group): void {
            $connection->query($query)->fetchAll();
            $group->done();
        });
    }
    $group->wait();
    return (hrtime(true) - $begun) / 1e6;
}

// The server starts a thread for each connection at its first query.
all_at_once($connections, 'SELECT 1');
$sleeps = $plain = [];
for ($round = 0; $round < ROUNDS; $round++) {
    $plain[] = all_at_once($connections, 'SELECT 1');
    $sleeps[] = all_at_once($connections, 'SELECT SLEEP(0.02)');
}

$begun = hrtime(true);
$connections[0]->query('SELECT SLEEP(0.02)')->fetchAll();
note('one alone', sprintf('%.1f ms', (hrtime(true) - $begun) / 1e6));
note('200 × SELECT 1, median of ' . ROUNDS, sprintf('%.1f ms', median($plain)));
note('200 × SELECT SLEEP(0.02), slowest of ' . ROUNDS, sprintf('%.1f ms', max($sleeps)));
check('200 × SELECT SLEEP(0.02), median of ' . ROUNDS, median($sleeps), 30, 'ms');
