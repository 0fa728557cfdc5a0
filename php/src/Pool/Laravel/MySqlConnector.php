<?php
declare(strict_types=1);

namespace Tusk\Pool\Laravel;

/** What to bind as `db.connector.mysql`. */
class MySqlConnector extends \Illuminate\Database\Connectors\MySqlConnector
{
    use PoolsConnections;

    private const DRIVER = 'mysql';
}
