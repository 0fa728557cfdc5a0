<?php
declare(strict_types=1);

namespace Tusk\Pool\Laravel;

/** What to bind as `db.connector.pgsql`. */
class PostgresConnector extends \Illuminate\Database\Connectors\PostgresConnector
{
    use PoolsConnections;

    private const DRIVER = 'pgsql';
}
