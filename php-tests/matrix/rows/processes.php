<?php
/** Starting other programs and waiting for them. */

declare(strict_types=1);

namespace Tusk\Tests\Matrix;

/** Says something, waits, says something more, and ends with a status. */
const COMMAND = 'echo one; sleep 0.08; echo two; echo three >&2; exit 3';

$fork = static function (): int {
    $pid = pcntl_fork();
    if ($pid === 0) {
        usleep(80_000);
        // No shutdown functions, no destructors: only the status is of interest.
        posix_kill(getmypid(), SIGTERM);
    }
    return $pid;
};
$needsFork = ['extension:pcntl', 'extension:posix'];

$ended = static fn (int $status): array => [pcntl_wifsignaled($status), pcntl_wtermsig($status)];

return [
    new Row('exec', 'interposition', static function (): array {
        $last = exec(COMMAND . ' 2>/dev/null', $lines, $status);
        return [$last, $lines, $status];
    }, waits: 0.08, compared: 'last line, lines, status'),
    new Row('system', 'interposition', static function (): array {
        $last = system(COMMAND . ' 2>/dev/null', $status);
        return [$last, $status];
    }, waits: 0.08, compared: 'output, last line, status'),
    new Row('shell_exec', 'interposition', static fn (): mixed => shell_exec(COMMAND . ' 2>&1'), waits: 0.08),
    new Row('shell_exec that says nothing', 'interposition', static fn (): mixed => shell_exec('sleep 0.08'), waits: 0.08),
    new Row('backticks', 'interposition', static fn (): mixed => eval('return `echo out; sleep 0.08; echo more`;'), waits: 0.08),
    new Row('passthru', 'interposition', static function (): array {
        $result = passthru('printf "a\0b"; sleep 0.08; exit 4', $status);
        return [$result, $status];
    }, waits: 0.08, compared: 'output, status'),
    new Row('exec of a program that is not there', 'interposition', static function (): array {
        $last = exec('/no/such/program 2>&1 | tr A-Z a-z | grep -c not', $lines, $status);
        return [$last, $lines, $status];
    }),
    new Row('popen, fgets, pclose', 'plain file', static function (): array {
        $pipe = popen('echo first; sleep 0.08; echo second; exit 5', 'r');
        return [fgets($pipe), fgets($pipe), fgets($pipe), feof($pipe), pclose($pipe)];
    }, waits: 0.08, compared: 'lines, end, status'),
    new Row('pclose', 'interposition', static function (): int {
        return pclose(popen('exec >&-; sleep 0.08; exit 6', 'r'));
    }, waits: 0.08, compared: 'status'),
    new Row('popen, fwrite to a full pipe, pclose', 'plain file', static function (): array {
        $pipe = popen('sleep 0.08; wc -c > size', 'w');
        $written = fwrite($pipe, str_repeat('x', 1 << 20));
        $status = pclose($pipe);
        return [$written, $status, trim(file_get_contents('size'))];
    }, waits: 0.08, compared: 'bytes written, bytes read, status'),
    new Row('popen with a wrong mode', 'interposition', static fn (): mixed => popen('true', 'q')),
    new Row('proc_open, stream_get_contents, proc_close', 'plain file', static function (): array {
        $process = proc_open(['sh', '-c', 'read line; sleep 0.08; echo "$line"; echo err >&2; exit 7'], [['pipe', 'r'], ['pipe', 'w'], ['pipe', 'w']], $pipes);
        fwrite($pipes[0], "a line\n");
        fclose($pipes[0]);
        return [stream_get_contents($pipes[1]), stream_get_contents($pipes[2]), proc_close($process)];
    }, waits: 0.08, compared: 'both outputs, status'),
    new Row('proc_close', 'interposition', static function (): int {
        return proc_close(proc_open(['sh', '-c', 'sleep 0.08; exit 8'], [], $pipes));
    }, waits: 0.08, compared: 'status'),
    new Row('proc_terminate, proc_close', 'interposition', static function (): array {
        $process = proc_open(['sh', '-c', 'trap "sleep 0.08; exit 9" TERM; echo up; while :; do sleep 0.01; done'], [1 => ['pipe', 'w']], $pipes);
        fgets($pipes[1]);
        return [proc_terminate($process), proc_close($process)];
    }, waits: 0.08, compared: 'results, status'),
    new Row('pcntl_waitpid', 'interposition', static function (int $pid) use ($ended): array {
        $waited = pcntl_waitpid($pid, $status);
        return [$waited === $pid, $ended($status)];
    }, waits: 0.05, setup: static fn (): int => $fork(), needs: $needsFork, compared: 'child, status'),
    new Row('pcntl_waitpid for any child', 'interposition', static function (int $pid) use ($ended): array {
        $waited = pcntl_waitpid(-1, $status, 0, $usage);
        return [$waited === $pid, $ended($status), count($usage) > 10];
    }, waits: 0.05, setup: static fn (): int => $fork(), needs: $needsFork, compared: 'child, status, that there is usage'),
    new Row('pcntl_waitpid for a child that stops', 'interposition', static function (): array {
        $pid = pcntl_fork();
        if ($pid === 0) {
            usleep(60_000);
            posix_kill(getmypid(), SIGSTOP);
            posix_kill(getmypid(), SIGKILL);
        }
        $stopped = pcntl_waitpid($pid, $status, WUNTRACED) === $pid && pcntl_wifstopped($status);
        posix_kill($pid, SIGCONT);
        return [$stopped, pcntl_waitpid($pid, $status) === $pid, pcntl_wifsignaled($status)];
    }, waits: 0.05, needs: $needsFork, compared: 'stop, end'),
    new Row('pcntl_wait', 'interposition', static function (int $pid) use ($ended): array {
        $waited = pcntl_wait($status);
        return [$waited === $pid, $ended($status)];
    }, waits: 0.05, setup: static fn (): int => $fork(), needs: $needsFork, compared: 'child, status'),
    new Row('pcntl_waitpid without a child', 'interposition', static fn (): array => [pcntl_waitpid(-1, $status), pcntl_get_last_error()], needs: $needsFork, compared: 'result, error number'),
    new Row('pcntl_waitid', 'interposition', static function (int $pid): array {
        $left = pcntl_waitid(P_ALL, 0, $found, WEXITED | WNOWAIT);
        $waited = pcntl_waitid(P_PID, $pid, $info);
        return [$left, $found['pid'] === $pid, $waited, $info['pid'] === $pid, $info['code'], $info['status'], pcntl_waitid(P_PID, $pid, $info), pcntl_get_last_error()];
    }, waits: 0.05, setup: static fn (): int => $fork(), needs: [...$needsFork, 'function:pcntl_waitid'], compared: 'child, status, error number'),
    new Row('pcntl_sigtimedwait', 'interposition', static function (): mixed {
        pcntl_sigprocmask(SIG_BLOCK, [SIGUSR1]);
        return @pcntl_sigtimedwait([SIGUSR1], $info, 0, 60_000_000);
    }, waits: 0.06, needs: ['function:pcntl_sigtimedwait']),
    new Row('pcntl_sigwaitinfo', 'interposition', static function (): array {
        pcntl_sigprocmask(SIG_BLOCK, [SIGUSR1]);
        $parent = getmypid();
        $process = proc_open(['sh', '-c', "sleep 0.08; kill -USR1 $parent"], [], $pipes);
        $signal = pcntl_sigwaitinfo([SIGUSR1], $info);
        proc_close($process);
        return [$signal === SIGUSR1, $info['signo'] === SIGUSR1];
    }, waits: 0.08, needs: ['function:pcntl_sigwaitinfo']),
    new Row('mail', 'interposition', static function (): array {
        $sent = mail('somebody@localhost', 'Subject', str_repeat("A line of the body.\n", 20_000), ['From' => 'me@localhost']);
        $body = file_get_contents('sent');
        return [$sent, strlen($body), md5(preg_replace('/^X-.*\n/m', '', $body))];
    }, waits: 0.08, setup: static function (string $folder): void {
        file_put_contents("$folder/sendmail", "#!/bin/sh\nsleep 0.1\ncat > sent\n");
        chmod("$folder/sendmail", 0700);
    }, ini: ['sendmail_path' => './sendmail'], compared: 'result, what sendmail got'),
    new Row('mail that fails', 'interposition', static fn (): bool => mail('somebody@localhost', 'Subject', 'Body'), waits: 0.08,
        setup: static function (string $folder): void {
            file_put_contents("$folder/sendmail", "#!/bin/sh\nsleep 0.1\ncat > /dev/null\nexit 64\n");
            chmod("$folder/sendmail", 0700);
        }, ini: ['sendmail_path' => './sendmail']),
];
