<?php
/**
 * Where callbacks print to while whoever runs the loop has an output buffer open.
 *
 * A coroutine has output buffers of its own; Revolt's callbacks print into the buffers of
 * {main}. So while {main} has one, callbacks print into this, and the loop passes it on
 * after each of them. Without a buffer nothing is held back.
 */

declare(strict_types=1);

namespace Tusk\Revolt;

use Closure;

final class Output
{
    /** What has not been passed on. */
    public string $written = '';

    private bool $captures = false;
    private readonly Closure $take;

    public function __construct()
    {
        $this->take = $this->take(...);
    }

    /** The loop begins, or goes on. */
    public function begin(): void
    {
        $this->captures = ob_get_level() > 0;
    }

    /** A callback begins: what it prints from now on is taken, to the coroutine's end. */
    public function open(): void
    {
        if ($this->captures) {
            // A chunk of one byte: everything is handed over at once.
            ob_start($this->take, 1);
        }
    }

    /** Prints in the loop's buffers what callbacks have printed. */
    public function pass(): void
    {
        if ($this->written !== '') {
            [$written, $this->written] = [$this->written, ''];
            echo $written;
        }
    }

    private function take(string $printed): string
    {
        $this->written .= $printed;
        return '';
    }
}
