<?php
/** The servers behind harness/calls.php. Those that are not installed are missed by their rows. */

declare(strict_types=1);

namespace Tusk\Tests\Faults;

require_once __DIR__ . '/../../include/web.inc';
require_once __DIR__ . '/../../include/redis.inc';
require_once __DIR__ . '/../../include/mariadb.inc';
require_once __DIR__ . '/../../include/postgres.inc';

function web(): void
{
    \Tusk\Tests\web_servers();
}

function databases(): void
{
    putenv('TUSK_MYSQL=' . \Mariadb::start()->port);
    putenv('TUSK_POSTGRES=' . \Postgres::start()->port);
    if (extension_loaded('redis')) {
        putenv('TUSK_REDIS=' . \Tusk\Tests\redis_server());
    }
}
