<?php
declare(strict_types=1);

namespace Tusk\Pool\ThinkOrm;

/** What to name as `type` of a connection. */
class Pgsql extends \think\db\connector\Pgsql
{
    use PoolsConnections;

    private const BUILDER = \think\db\builder\Pgsql::class;
}
