<?php
/** Locks and messages between processes. */

declare(strict_types=1);

namespace Tusk\Tests\Matrix;

use function Tusk\Tests\plain_php;

/** Another process that does $begin, says so, waits, and does $end. Returns when it has said so. */
$other = static function (string $begin, string $end = ''): array {
    $code = "$begin; echo \"held\\n\"; usleep(80000); $end;";
    $process = proc_open([...plain_php(), '-r', $code], [1 => ['pipe', 'w']], $pipes);
    if (fgets($pipes[1]) !== "held\n") {
        throw new \RuntimeException('the other process did not begin: ' . stream_get_contents($pipes[1]));
    }
    return [$process, $pipes];
};
$holdLock = static fn (string $mode): \Closure => static function (string $folder) use ($other, $mode): mixed {
    touch("$folder/lock");
    return $other("\$f = fopen('$folder/lock', 'r+'); flock(\$f, $mode)");
};
$lock = static fn (int $operation): \Closure => static function () use ($operation): array {
    $file = fopen('lock', 'r+');
    $locked = flock($file, $operation, $wouldBlock);
    return [$locked, $wouldBlock, flock($file, LOCK_UN)];
};

/** A session's file, locked by another process. */
$session = static function (string $folder) use ($other): mixed {
    $other = $other("session_save_path('$folder'); session_id('tusktest'); session_start(); \$_SESSION['n'] = 1", 'session_write_close()');
    session_save_path($folder);
    session_id('tusktest');
    return $other;
};
$sysv = static fn (string $begin, string $end): \Closure => static function (string $folder) use ($other, $begin, $end): int {
    touch("$folder/key");
    $key = ftok("$folder/key", 't');
    // Kept alive by the static, for the time of the row.
    static $kept;
    $kept = $other(str_replace('KEY', (string) $key, $begin), str_replace('KEY', (string) $key, $end));
    return $key;
};

return [
    new Row('flock, exclusive', 'interposition', $lock(LOCK_EX), waits: 0.05, setup: $holdLock('LOCK_EX')),
    new Row('flock, shared', 'interposition', $lock(LOCK_SH), waits: 0.05, setup: $holdLock('LOCK_EX')),
    new Row('flock that would block', 'interposition', $lock(LOCK_EX | LOCK_NB), setup: $holdLock('LOCK_SH')),
    new Row('flock that need not wait', 'interposition', $lock(LOCK_SH), setup: $holdLock('LOCK_SH')),
    new Row('file_put_contents with LOCK_EX', 'interposition', static fn (): array => [
        file_put_contents('lock', 'written', LOCK_EX), file_get_contents('lock'),
    ], waits: 0.05, setup: $holdLock('LOCK_EX'), compared: 'bytes, contents'),
    new Row('SplFileObject::flock', 'interposition', static fn (): bool => (new \SplFileObject('lock', 'r+'))->flock(LOCK_EX), waits: 0.05, setup: $holdLock('LOCK_EX')),
    new Row('session_start, a file that is locked', 'interposition', static function (): array {
        $started = session_start();
        $read = $_SESSION;
        session_write_close();
        return [$started, $read];
    }, waits: 0.05, setup: $session, needs: ['extension:session'], ini: ['session.use_cookies' => '0', 'session.cache_limiter' => ''],
        compared: 'result, what the other session wrote'),
    new Row('sem_acquire', 'interposition', static function (int $key): array {
        $semaphore = sem_get($key);
        return [sem_acquire($semaphore), sem_release($semaphore), sem_remove($semaphore)];
    }, waits: 0.05, setup: $sysv('$s = sem_get(KEY); sem_acquire($s)', 'sem_release($s)'), needs: ['extension:sysvsem', 'extension:posix']),
    new Row('sem_acquire that would block', 'interposition', static fn (int $key): bool => sem_acquire(sem_get($key), true),
        setup: $sysv('$s = sem_get(KEY); sem_acquire($s)', 'sem_release($s); usleep(100000); sem_remove($s)'), needs: ['extension:sysvsem']),
    new Row('msg_receive', 'interposition', static function (int $key): array {
        $queue = msg_get_queue($key);
        $received = msg_receive($queue, 2, $type, 100, $message, true, 0, $error);
        return [$received, $type, $message, $error, msg_remove_queue($queue)];
    }, waits: 0.05, setup: $sysv('$q = msg_get_queue(KEY)', 'msg_send($q, 1, "not this"); msg_send($q, 2, "this")'), needs: ['extension:sysvmsg'],
        compared: 'result, type, message, error number'),
    new Row('msg_receive of a message that is too long', 'interposition', static function (int $key): array {
        $queue = msg_get_queue($key);
        $received = msg_receive($queue, 0, $type, 2, $message, true, 0, $error);
        return [$received, $type, $message, $error, msg_remove_queue($queue)];
    }, waits: 0.05, setup: $sysv('$q = msg_get_queue(KEY)', 'msg_send($q, 1, "a long message")'), needs: ['extension:sysvmsg'],
        compared: 'result, error number'),
    new Row('msg_send to a full queue', 'interposition', static function (int $key): array {
        $queue = msg_get_queue($key);
        $sent = 0;
        while (msg_send($queue, 1, str_repeat('x', 1000), false, false, $error)) {
            $sent++;
        }
        $waited = msg_send($queue, 1, str_repeat('x', 1000), false, true, $last);
        return [$sent, $error, $waited, $last, msg_remove_queue($queue)];
    }, waits: 0.04, setup: $sysv('$q = msg_get_queue(KEY)', 'msg_receive($q, 1, $t, 2000, $m, false)'), needs: ['extension:sysvmsg'],
        compared: 'messages that fitted, results, error numbers'),
];
