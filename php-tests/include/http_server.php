<?php
/**
 * php -n http_server.php PORT
 *
 *   /delay?ms=50      answers "ok" after that time
 *   /bytes?n=1000     n bytes
 *   /drip?n=5&ms=20   n lines, one each that many ms, then the end of the connection
 *   /drop             closes without an answer
 *   /connections      how many connections were accepted so far
 *
 * One process, stream_select and a list of what is due; connections are kept alive.
 */

declare(strict_types=1);

final class Upstream
{
    /** @var array<int, resource> */
    private array $connections = [];
    /** @var array<int, string> What was received and not yet answered. */
    private array $received = [];
    /** @var list<array{float, int, string, bool}> When, to whom, what, and whether to close then. */
    private array $due = [];
    private int $accepted = 0;

    /** @param resource $listener */
    public function __construct(private $listener)
    {
    }

    public function run(): never
    {
        while (true) {
            $read = [...$this->connections, $this->listener];
            $write = $except = [];
            $next = $this->due ? max(0.0, min(array_column($this->due, 0)) - microtime(true)) : 60.0;
            stream_select($read, $write, $except, (int) $next, (int) (fmod($next, 1.0) * 1e6));
            foreach ($read as $socket) {
                $socket === $this->listener ? $this->accept() : $this->receive($socket);
            }
            $this->sendDue();
        }
    }

    private function accept(): void
    {
        $socket = stream_socket_accept($this->listener, 0);
        if ($socket !== false) {
            $this->accepted++;
            $this->connections[(int) $socket] = $socket;
            $this->received[(int) $socket] = '';
        }
    }

    private function receive($socket): void
    {
        $data = fread($socket, 65536);
        if ($data === false || $data === '') {
            $this->close((int) $socket);
            return;
        }
        $id = (int) $socket;
        $this->received[$id] .= $data;
        while (($end = strpos($this->received[$id] ?? '', "\r\n\r\n")) !== false) {
            $head = substr($this->received[$id], 0, $end);
            $this->received[$id] = substr($this->received[$id], $end + 4);
            $this->answer($id, $head);
        }
    }

    private function answer(int $id, string $head): void
    {
        $target = explode(' ', $head, 3)[1];
        parse_str((string) parse_url($target, PHP_URL_QUERY), $query);
        $ms = (int) ($query['ms'] ?? 0);
        $n = (int) ($query['n'] ?? 1);
        $close = stripos($head, 'connection: close') !== false || str_contains($head, 'HTTP/1.0');
        $now = microtime(true);
        switch (parse_url($target, PHP_URL_PATH)) {
            case '/drop':
                $this->close($id);
                break;
            case '/drip':
                $this->due[] = [$now, $id, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", false];
                for ($i = 1; $i <= $n; $i++) {
                    $this->due[] = [$now + $i * $ms / 1000, $id, "line $i\n", $i === $n];
                }
                break;
            case '/delay':
                $this->due[] = [$now + $ms / 1000, $id, self::response('ok', $close), $close];
                break;
            case '/bytes':
                $this->due[] = [$now, $id, self::response(str_repeat('x', $n), $close), $close];
                break;
            case '/connections':
                $this->due[] = [$now, $id, self::response((string) $this->accepted, $close), $close];
                break;
            default:
                $this->due[] = [$now, $id, self::response('not found', $close, '404 Not Found'), $close];
        }
    }

    private static function response(string $body, bool $close, string $status = '200 OK'): string
    {
        return "HTTP/1.1 $status\r\nContent-Length: " . strlen($body) . "\r\nConnection: "
            . ($close ? 'close' : 'keep-alive') . "\r\n\r\n$body";
    }

    private function sendDue(): void
    {
        $now = microtime(true);
        $ready = array_filter($this->due, static fn (array $item): bool => $item[0] <= $now);
        $this->due = array_values(array_diff_key($this->due, $ready));
        foreach ($ready as [, $id, $bytes, $close]) {
            if (isset($this->connections[$id])) {
                @fwrite($this->connections[$id], $bytes);
                if ($close) {
                    $this->close($id);
                }
            }
        }
    }

    private function close(int $id): void
    {
        fclose($this->connections[$id]);
        unset($this->connections[$id], $this->received[$id]);
    }
}

$listener = stream_socket_server("tcp://127.0.0.1:$argv[1]", $code, $message, context: stream_context_create(['socket' => ['backlog' => 1024]]))
    ?: exit("$message\n");
(new Upstream($listener))->run();
