<?php
/**
 * Clients that ask all the time and count what they were not answered, and an application for
 * them to ask.
 *
 * A server may close a connection that is idle while the next request is on its way; then HTTP's
 * clients ask again, and so do these. Lost is a request that a handler has begun (it says so in
 * a file) and nobody answered.
 */

declare(strict_types=1);

namespace Tusk\Tests;

final class Load
{
    /** Handlers that take 20 ms, with `$folder` for what they have begun. */
    public const APPLICATION = <<<'PHP'
        $worker = new Worker("http://127.0.0.1:$port");
        $worker->count = 2;
        $worker->onMessage = function ($connection, $request) use ($folder) {
            file_put_contents("$folder/requests", $request->get('id') . "\n", FILE_APPEND);
            usleep(20_000);
            if ($request->get('close')) {
                $connection->close(new Workerman\Protocols\Http\Response(200, ['Connection' => 'close'], 'whole'));
            } else {
                $connection->send('whole');
            }
        };
        PHP;

    public int $answered = 0;
    public int $lost = 0;
    /** @var list<string> */
    public array $reasons = [];
    /** @var list<int> requests on connections that ended before they could be answered, which were asked again */
    private array $again = [];
    private int $asked = 0;
    private bool $stopped = false;

    public function __construct(private readonly WorkermanApp $app)
    {
    }

    /** Runs reloads of both workers amid all clients, and says what was lost. */
    public static function duringReloads(WorkermanApp $app, int $reloads): void
    {
        eventually(fn () => count($app->workers()) === 2, 'two workers ran');
        $load = new self($app);
        \Tusk\run(static function () use ($app, $load, $reloads): void {
            $load->start(20, '/?close=1', false);
            $load->start(20, '/?close=0', true);
            try {
                while ($reloads-- > 0) {
                    $old = $app->workers();
                    $app->reload();
                    eventually(fn () => count($app->workers()) === 2 && array_intersect($app->workers(), $old) === [], 'both were replaced', 30.0);
                }
            } finally {
                $load->stop();
            }
        });
        $load->report();
    }

    /** Spawns clients, each of which asks again as soon as it was answered. */
    private function start(int $clients, string $path, bool $keep): void
    {
        for ($i = 0; $i < $clients; $i++) {
            \Tusk\go($this->ask(...), $path, $keep);
        }
    }

    /** The clients end with their present request. */
    private function stop(): void
    {
        $this->stopped = true;
    }

    private function report(): void
    {
        foreach (array_intersect($this->again, array_map(intval(...), $this->app->lines('requests'))) as $id) {
            $this->lose("request $id was begun, and its connection ended");
        }
        echo "$this->lost lost", $this->answered > 100 ? '' : ", only $this->answered answered", "\n";
        if ($this->lost > 0) {
            print_r(array_count_values($this->reasons));
            echo $this->app->log();
        }
    }

    private function ask(string $path, bool $keep): void
    {
        $connection = null;
        while (!$this->stopped) {
            $reused = $connection !== null;
            $connection ??= @stream_socket_client("tcp://127.0.0.1:{$this->app->port}", $code, $message, 10);
            if ($connection === false) {
                $this->lose("cannot connect: $message");
                $connection = null;
                \Tusk\sleep(0.01);
                continue;
            }
            stream_set_timeout($connection, 10);
            $id = ++$this->asked;
            @fwrite($connection, get("$path&id=$id"));
            if (answer($connection, $head) === 'whole') {
                $this->answered++;
            } elseif ($reused && $head === '') {
                $this->again[] = $id;
                $connection = null;
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
