<?php
declare(strict_types=1);

namespace Tusk\Pool\ThinkOrm;

use Tusk\Pool\{Pdo, SharedPdo};

/** @internal For a connection class of ThinkORM: all objects of one configuration get one Tusk\Pool\Pdo. */
trait PoolsConnections
{
    protected function createPdo($dsn, $username, $password, $params)
    {
        $settings = $this->config['tusk_pool'] ?? [];
        return SharedPdo::of(
            [self::class, $dsn, $username, $password, $params, $settings],
            static fn () => new Pdo($dsn, $username, $password, $params + ['pool' => $settings]),
        );
    }

    /** ThinkORM makes the name from `type`, which is a class here. */
    public function getBuilderClass(): string
    {
        return $this->getConfig('builder') ?: self::BUILDER;
    }
}
