<?php
declare(strict_types=1);

namespace Tusk\Pool;

use Tusk\Channel;

/** @internal A command in a pipeline, and who waits for its answer. */
final class RedisCommand
{
    private readonly Channel $answer;
    private bool $answered = false;
    /** Nobody waits for it any more. */
    public bool $given_up = false;

    public function __construct(public readonly string $name, public readonly array $arguments)
    {
        $this->answer = new Channel(1);
    }

    /** Suspends. */
    public function wait(): mixed
    {
        try {
            [$answer, $failure] = $this->answer->receive();
        } finally {
            $this->given_up = true;
        }
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
