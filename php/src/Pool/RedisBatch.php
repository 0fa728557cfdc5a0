<?php
declare(strict_types=1);

namespace Tusk\Pool;

use Tusk\SingleFlight;

/** @internal Commands that will be one pipeline, until a sender takes them. */
final class RedisBatch
{
    /** @var array<int, RedisCommand> in the order in which they came; who gives up takes its own out */
    public array $commands = [];
    public readonly SingleFlight $sender;
    /** What the sender does; null once the commands were taken. */
    public ?\Closure $send = null;

    public function __construct()
    {
        $this->sender = new SingleFlight();
    }
}
