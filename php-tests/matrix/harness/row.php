<?php
/**
 * One row of the matrix: a call of PHP that can wait, and what is needed to watch it wait.
 *
 * setup and teardown run in the main script of the row's process, before anything is
 * measured; only run is measured and compared. A row's process has a folder of its own.
 */

declare(strict_types=1);

namespace Tusk\Tests\Matrix;

final class Row
{
    /**
     * @param string $call what the page calls it
     * @param string $layer which hook makes it wait: "stream", "function", "plain file", "interposition", ...
     * @param \Closure $run fn (mixed $context): mixed; the result is compared, so it holds
     *     nothing that differs from process to process (resource and process numbers, times)
     * @param float $waits the least time, in seconds, that plain PHP spends in run. Where a
     *     call can be made to wait this is not 0: a row that does not wait proves little
     * @param ?\Closure $setup fn (string $folder): mixed, its result is run's $context
     * @param ?\Closure $teardown fn (mixed $context): void
     * @param list<string> $needs "extension:NAME", "function:NAME", "command:NAME", "privilege:mount",
     *     "privilege:namespaces", "env:NAME" (a server that the area's test has started), "file:PATH" (one that can be read)
     * @param string $compared what the result holds, in a few words; warnings, output and
     *     error numbers are compared in every row
     * @param string $remark for the page: what is special
     * @param ?string $stdin a shell command whose output is the process's standard input; it
     *     starts when setup is over
     * @param array<string, string> $ini settings of both processes
     * @param float $limit seconds after which the row's process is ended and has failed
     * @param list<string> $under a command that both processes are started by
     */
    public function __construct(
        public readonly string $call,
        public readonly string $layer,
        public readonly \Closure $run,
        public readonly float $waits = 0.0,
        public readonly ?\Closure $setup = null,
        public readonly ?\Closure $teardown = null,
        public readonly array $needs = [],
        public readonly string $compared = 'result',
        public readonly string $remark = '',
        public readonly ?string $stdin = null,
        public readonly array $ini = [],
        public readonly float $limit = 20.0,
        public readonly array $under = [],
    ) {
    }

    /** Why the row cannot run here, or null. */
    public function missing(): ?string
    {
        foreach ($this->needs as $need) {
            [$kind, $name] = explode(':', $need, 2);
            $there = match ($kind) {
                'extension' => extension_loaded($name),
                'function' => function_exists($name),
                'command' => self::inPath($name),
                'env' => (string) getenv($name) !== '',
                'file' => is_readable($name),
                'privilege' => self::privileged($name),
            };
            if (!$there) {
                return match ($kind) {
                    'env' => "needs a server (\$$name is not set)",
                    default => "needs the $kind $name",
                };
            }
        }
        return null;
    }

    private static function privileged(string $name): bool
    {
        if ($name === 'namespaces') {
            exec('unshare --map-root-user --mount --net true 2>&1', $output, $status);
            return $status === 0;
        }
        // Under a seccomp filter a program gains no rights, so fusermount3 mounts nothing.
        return !str_contains((string) @file_get_contents('/proc/self/status'), "NoNewPrivs:\t1");
    }

    private static function inPath(string $command): bool
    {
        foreach (explode(':', getenv('PATH') . ':/usr/sbin:/sbin') as $folder) {
            if (is_executable("$folder/$command")) {
                return true;
            }
        }
        return false;
    }
}

/**
 * The rows of a file.
 *
 * @return list<Row>
 */
function rows(string $file): array
{
    return (static fn (): array => require $file)();
}
