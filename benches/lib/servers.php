<?php
/**
 * Servers and load for benches: the server alone on core 0, wrk alone on core 1, and the
 * server's CPU time from the scheduler, in ns, of all its threads.
 */

declare(strict_types=1);

namespace Bench;

require_once __DIR__ . '/measure.php';
require_once __DIR__ . '/../../php-tests/include/process.inc';

use Tusk\Tests\Process;

/** A started server and the process in it that serves. */
final class Server
{
    private function __construct(public readonly Process $process, public readonly int $port, private readonly bool $forks)
    {
    }

    /** @param list<string>|callable(int): list<string> $command with {port} where the port goes */
    public static function start(array|callable $command, bool $forks): self
    {
        $port = \Tusk\Tests\free_port();
        $command = is_array($command) ? str_replace('{port}', (string) $port, $command) : $command($port);
        $process = Process::start(['taskset', '-c', '0', ...$command])->waitForPort($port);
        return new self($process, $port, $forks);
    }

    /** workerman's first worker, or the server itself. */
    public function servingPid(): int
    {
        $pid = $this->process->pid;
        return $this->forks ? (int) file_get_contents("/proc/$pid/task/$pid/children") : $pid;
    }

    /** CPU time that the serving process has used, in ns. */
    public function cpuNs(): int
    {
        $sum = 0;
        foreach (glob("/proc/{$this->servingPid()}/task/*/schedstat") as $file) {
            $sum += (int) strtok(file_get_contents($file), ' ');
        }
        return $sum;
    }
}

/** What wrk saw. */
final class Load
{
    public readonly int $requests;
    public readonly float $perSecond;
    /** Socket errors and answers other than 2xx and 3xx. */
    public readonly int $lost;

    private function __construct(public readonly string $report)
    {
        preg_match('/(\d+) requests in/', $report, $requests)
            || throw new \RuntimeException("wrk did not report: $report");
        preg_match('/Requests\/sec:\s+([\d.]+)/', $report, $rate);
        $this->requests = (int) $requests[1];
        $this->perSecond = (float) $rate[1];
        $lost = preg_match('/connect (\d+), read (\d+), write (\d+), timeout (\d+)/', $report, $errors) ? array_sum(array_slice($errors, 1)) : 0;
        $lost += preg_match('/Non-2xx or 3xx responses: (\d+)/', $report, $other) ? (int) $other[1] : 0;
        $this->lost = $lost;
    }

    /** Runs wrk on core 1. */
    public static function run(int $port, int $connections, int $seconds, array $options = []): self
    {
        $command = ['taskset', '-c', '1', 'wrk', '-t1', "-c$connections", "-d{$seconds}s", ...$options, "http://127.0.0.1:$port/"];
        return new self((string) shell_exec(implode(' ', array_map(escapeshellarg(...), $command)) . ' 2>&1'));
    }
}

/** PHP with the extension that is measured, with or without opcache and tracing JIT. */
function php_command(bool $jit): array
{
    $extension = getenv('TUSK_EXTENSION') ?: throw new \RuntimeException('TUSK_EXTENSION is not set: use bin/bench');
    $command = [PHP_BINARY, '-d', "extension=$extension", '-d', 'memory_limit=512M'];
    $settings = $jit ? ['opcache.enable_cli=1', 'opcache.jit=tracing', 'opcache.jit_buffer_size=64M'] : ['opcache.enable_cli=0'];
    foreach ($settings as $setting) {
        array_push($command, '-d', $setting);
    }
    return $command;
}

/** The workerman application in benches/lib/workerman_app.php. */
function workerman(string $loop, string $handler, bool $jit = false, int $workers = 1): Server
{
    $script = __DIR__ . '/workerman_app.php';
    return Server::start([...php_command($jit), $script, 'start', $loop, $handler, '{port}', (string) $workers], forks: true);
}

/** The epoll server in C that others are measured against; it answers after a delay, or at once. */
function epoll_server(int $delayMs = 0): Server
{
    $program = \Tusk\Tests\temporary_folder() . '/epoll_server';
    $source = __DIR__ . '/../hello/epoll_server.c';
    passthru('cc -O2 -Wall -o ' . escapeshellarg($program) . ' ' . escapeshellarg($source), $status);
    $status === 0 || throw new \RuntimeException("$source was not compiled");
    return Server::start([$program, '{port}', (string) $delayMs], forks: false);
}
