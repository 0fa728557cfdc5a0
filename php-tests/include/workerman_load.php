<?php
/** Clients that ask all the time and count what they were not answered. */

declare(strict_types=1);

namespace Tusk\Tests;

final class Load
{
    public int $answered = 0;
    public int $lost = 0;
    /** @var list<string> */
    public array $reasons = [];
    private bool $stopped = false;

    public function __construct(private readonly int $port)
    {
    }

    /** Spawns clients, each of which asks again as soon as it was answered. */
    public function start(int $clients, string $path, bool $keep): void
    {
        for ($i = 0; $i < $clients; $i++) {
            \Tusk\go($this->ask(...), $path, $keep);
        }
    }

    /** The clients end with their present request. */
    public function stop(): void
    {
        $this->stopped = true;
    }

    private function ask(string $path, bool $keep): void
    {
        $connection = null;
        while (!$this->stopped) {
            $reused = $connection !== null;
            $connection ??= @stream_socket_client("tcp://127.0.0.1:$this->port", $code, $message, 10);
            if ($connection === false) {
                $this->lose("cannot connect: $message");
                $connection = null;
                continue;
            }
            stream_set_timeout($connection, 10);
            @fwrite($connection, get($path));
            if (answer($connection, $head) === 'whole') {
                $this->answered++;
            } else {
                $this->lose(($reused ? 'a connection kept alive' : 'a new connection') . " gave '$head'");
                $connection = null;
            }
            // As HTTP says: a server that names "close" reads no further request.
            if (!$keep || preg_match('/^connection:.*\bclose\b/mi', $head)) {
                $connection = null;
            }
        }
    }

    private function lose(string $reason): void
    {
        $this->lost++;
        $this->reasons[] = $reason;
    }
}
