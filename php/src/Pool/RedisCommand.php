<?php
declare(strict_types=1);

namespace Tusk\Pool;

/** @internal A command and what came of it. */
final class RedisCommand
{
    private bool $answered = false;
    private mixed $answer = null;
    private ?\Throwable $failure = null;

    public function __construct(public readonly string $name, public readonly array $arguments)
    {
    }

    public function isAnswered(): bool
    {
        return $this->answered;
    }

    public function result(): mixed
    {
        return $this->failure === null ? $this->answer : throw $this->failure;
    }

    public function answer(mixed $answer): void
    {
        if (!$this->answered) {
            $this->answered = true;
            $this->answer = $answer;
        }
    }

    public function fail(\Throwable $failure): void
    {
        if (!$this->answered) {
            $this->answered = true;
            $this->failure = $failure;
        }
    }
}
