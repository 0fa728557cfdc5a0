<?php
/**
 * A coroutine that wakes every 2 ms and notes the longest time it did not.
 *
 * Time that the thread spent ready to run but without a processor is taken off
 * (/proc/thread-self/schedstat, second number): on a busy machine nobody is punctual, and
 * that is not the call's fault.
 */

declare(strict_types=1);

namespace Tusk\Tests\Matrix;

final class Ticker
{
    private const PERIOD = 0.002;

    public int $ticks = 0;
    /** Nanoseconds. */
    public int $longest = 0;
    private bool $on = true;
    /** @var resource */
    private $schedstat;

    public function __construct()
    {
        $this->schedstat = fopen('/proc/thread-self/schedstat', 'r');
        // Unbuffered, so that every read asks the kernel.
        stream_set_read_buffer($this->schedstat, 0);
        \Tusk\go($this->run(...));
    }

    private function run(): void
    {
        [$before, $waited] = [hrtime(true), $this->waitedForProcessor()];
        while ($this->on) {
            \Tusk\sleep(self::PERIOD);
            [$now, $waits] = [hrtime(true), $this->waitedForProcessor()];
            $this->longest = max($this->longest, $now - $before - ($waits - $waited));
            [$before, $waited] = [$now, $waits];
            $this->ticks++;
        }
    }

    private function waitedForProcessor(): int
    {
        rewind($this->schedstat);
        return (int) explode(' ', fread($this->schedstat, 64))[1];
    }

    /** Waits until it ticks evenly, then forgets what was before. */
    public function begin(): void
    {
        $this->waitFor(2);
        $this->longest = 0;
    }

    /** The longest gap since begin(), in seconds; a gap that has not ended yet counts. */
    public function end(): float
    {
        $this->waitFor(1);
        $this->on = false;
        return $this->longest / 1e9;
    }

    private function waitFor(int $more): void
    {
        $until = $this->ticks + $more;
        while ($this->ticks < $until) {
            \Tusk\sleep(self::PERIOD / 2);
        }
    }
}
