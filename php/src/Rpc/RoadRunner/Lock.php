<?php

declare(strict_types=1);

namespace Tusk\Rpc\RoadRunner;

use Tusk\Rpc\Goridge;

/**
 * RoadRunner's locks (the `lock` plugin; lock.v1). Times are seconds; RoadRunner counts
 * microseconds. Every method **suspends** and throws what Goridge::call() throws.
 */
final class Lock
{
    private readonly Goridge $rpc;

    public function __construct(Goridge $rpc)
    {
        $this->rpc = $rpc->withServicePrefix('lock')->withCodec('protobuf');
    }

    /**
     * Takes a resource for oneself: the lock's id, or null when it was not free within
     * `$wait` seconds. It is given back after `$ttl` seconds at the latest; 0 is never.
     */
    public function lock(string $resource, ?string $id = null, float $ttl = 0, float $wait = 0): ?string
    {
        return $this->take('Lock', $resource, $id, $ttl, $wait);
    }

    /** The same together with other readers. */
    public function lockRead(string $resource, ?string $id = null, float $ttl = 0, float $wait = 0): ?string
    {
        return $this->take('LockRead', $resource, $id, $ttl, $wait);
    }

    /** Gives a lock back; false when it was not held under this id. */
    public function release(string $resource, string $id): bool
    {
        return $this->ask('Release', $resource, $id);
    }

    /** Gives all locks of a resource back, whoever holds them. */
    public function forceRelease(string $resource): bool
    {
        return $this->ask('ForceRelease', $resource, '*');
    }

    /** Is the resource locked, by anybody or under this id? */
    public function exists(string $resource, string $id = '*'): bool
    {
        return $this->ask('Exists', $resource, $id);
    }

    /** The lock is given back `$ttl` seconds from now. */
    public function updateTtl(string $resource, string $id, float $ttl): bool
    {
        return $this->ask('UpdateTTL', $resource, $id, $ttl);
    }

    private function take(string $method, string $resource, ?string $id, float $ttl, float $wait): ?string
    {
        // RoadRunner refuses an empty id.
        $id = $id === null || $id === '' ? bin2hex(random_bytes(16)) : $id;
        return $this->ask($method, $resource, $id, $ttl, $wait) ? $id : null;
    }

    private function ask(string $method, string $resource, string $id, float $ttl = 0, float $wait = 0): bool
    {
        $message = (new Message())->string(1, $resource)->string(2, $id)
            ->int(3, (int) round($ttl * 1e6))->int(4, (int) round($wait * 1e6));
        $answer = Message::read($this->rpc->call($method, $message->bytes()));
        return ($answer[1][0] ?? 0) !== 0;
    }
}
