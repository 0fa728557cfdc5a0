<?php
declare(strict_types=1);

namespace Tusk\Pool\Laravel;

/** What to bind as `db.connector.mariadb`. */
class MariaDbConnector extends \Illuminate\Database\Connectors\MariaDbConnector
{
    use PoolsConnections;

    private const DRIVER = 'mysql';
}
