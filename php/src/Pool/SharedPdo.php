<?php
declare(strict_types=1);

namespace Tusk\Pool;

/**
 * @internal The pools of this process by configuration. An ORM makes a connection object for each
 * coroutine and asks for a PDO for each of them; those of one configuration get one pool.
 * They live as long as the process; after a fork a pool makes connections of its own.
 */
final class SharedPdo
{
    /** @var array<string, Pdo> */
    private static array $pools = [];

    /** @param \Closure(): Pdo $make */
    public static function of(array $configuration, \Closure $make): Pdo
    {
        // Hashed, so that the password is not kept in yet another place.
        return self::$pools[hash('sha256', serialize($configuration))] ??= $make();
    }
}
