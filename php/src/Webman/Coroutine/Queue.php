<?php
/** webman-coroutine's Channel on Tusk; a capacity below one means as many as there are. */

declare(strict_types=1);

namespace Tusk\Webman\Coroutine;

use Tusk\Workerman\Coroutine\Channel;
use Workbunny\WebmanCoroutine\Utils\Channel\Handlers\ChannelInterface;

final class Queue implements ChannelInterface
{
    /** Where the package has no bound, memory is one: nobody means to queue more than this. */
    private const UNBOUNDED = 1 << 20;

    private readonly Channel $channel;

    public function __construct(private readonly int $capacity = -1)
    {
        $this->channel = new Channel($capacity < 1 ? self::UNBOUNDED : $capacity);
    }

    public function __destruct()
    {
    }

    public function pop(int|float $timeout = -1): mixed
    {
        return $this->channel->pop((float) $timeout);
    }

    public function push(mixed $data, int|float $timeout = -1): mixed
    {
        return $this->channel->push($data, (float) $timeout);
    }

    public function isEmpty(): bool
    {
        return $this->channel->length() === 0;
    }

    public function isFull(): bool
    {
        return $this->channel->length() >= $this->channel->getCapacity();
    }

    public function capacity(): int
    {
        return $this->capacity;
    }

    public function close(): void
    {
        $this->channel->close();
    }
}
