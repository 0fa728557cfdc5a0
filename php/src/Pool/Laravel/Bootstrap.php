<?php
declare(strict_types=1);

namespace Tusk\Pool\Laravel;

use Illuminate\Container\Container;

/** For webman's config/bootstrap.php: webman/database's connections come from Tusk's pools. */
final class Bootstrap
{
    /** @param mixed $worker webman's, not needed */
    public static function start(mixed $worker = null, ?Container $container = null): void
    {
        $container ??= Container::getInstance();
        $container->bind('db.connector.mysql', MySqlConnector::class);
        $container->bind('db.connector.mariadb', MariaDbConnector::class);
        $container->bind('db.connector.pgsql', PostgresConnector::class);
    }
}
