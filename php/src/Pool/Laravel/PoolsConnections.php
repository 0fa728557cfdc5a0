<?php
declare(strict_types=1);

namespace Tusk\Pool\Laravel;

use Tusk\Pool\{Pdo, SharedPdo};

/**
 * @internal For a connector of illuminate/database: every connection object of one configuration gets
 * the same Tusk\Pool\Pdo, whose connections Laravel's own code makes and configures, each of them.
 */
trait PoolsConnections
{
    public function connect(array $config): \PDO
    {
        return SharedPdo::of([self::class, $config], fn () => new Pdo(self::DRIVER . ':', options: [
            'pool' => ['connect' => fn () => parent::connect($config)] + ($config['tusk_pool'] ?? []),
        ]));
    }

    /** A persistent connection would be one and the same for all. */
    public function getOptions(array $config): array
    {
        return array_diff_key(parent::getOptions($config), [\PDO::ATTR_PERSISTENT => true]);
    }
}
