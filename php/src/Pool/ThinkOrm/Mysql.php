<?php
declare(strict_types=1);

namespace Tusk\Pool\ThinkOrm;

/** What to name as `type` of a connection. */
class Mysql extends \think\db\connector\Mysql
{
    use PoolsConnections;

    private const BUILDER = \think\db\builder\Mysql::class;
}
