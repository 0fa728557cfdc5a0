<?php
declare(strict_types=1);

namespace Tusk\Pool;

use Tusk\Channel;

/** @internal A command in a pipeline, and who waits for its answer. */
final class RedisCommand
{
    private readonly Channel $answer;
    private bool $answered = false;

    public function __construct(public readonly string $name, public readonly array $arguments)
    {
        $this->answer = new Channel(1);
    }

    /** Suspends. */
    public function wait(): mixed
    {
        [$answer, $failure] = $this->answer->receive();
        return $failure === null ? $answer : throw $failure;
    }

    public function answer(mixed $answer): void
    {
        $this->settle([$answer, null]);
    }

    public function fail(\Throwable $failure): void
    {
        $this->settle([null, $failure]);
    }

    private function settle(array $how): void
    {
        if (!$this->answered) {
            $this->answered = true;
            // There is room for one: nobody waits here, also when the caller is gone.
            $this->answer->send($how);
        }
    }
}
