--TEST--
Signals that come again and again while the main script waits change no result that they do not change in plain PHP
--DESCRIPTION--
Each call waits for a child that first sends a number of signals, one after the other, and then does what ends
the call. Where plain PHP's call is ended by a signal, the child sends them until it is. Both ways nothing
depends on when they come. The script runs once in plain PHP and once beside a coroutine.
--EXTENSIONS--
pcntl
posix
sockets
--SKIPIF--
<?php
trim((string) shell_exec('command -v flock')) !== '' || exit('skip needs flock (util-linux)');
?>
--FILE--
<?php
require __DIR__ . '/../include/process.inc';

$folder = Tusk\Tests\temporary_folder();
file_put_contents("$folder/script.php", <<<'PHP'
<?php
$handled = 0;
pcntl_async_signals(true);
pcntl_signal(SIGUSR1, static function () use (&$handled): void { $handled++; });
if (extension_loaded('tusk')) {
    Tusk\go(static function (): void {
        while (true) {
            Tusk\sleep(0.001);
        }
    });
}
$pid = getmypid();
/** A child that sends signals and then runs a command of the shell. */
$sender = static function (string $then, array $descriptors = []) use ($pid): mixed {
    return proc_open(['sh', '-c', "n=0; while [ \$n -lt 8 ]; do kill -USR1 $pid; sleep 0.003; n=\$((n + 1)); done; $then"], $descriptors, $pipes);
};
/** The call, ended by a signal: they are sent until it is. */
$ended = static function (Closure $call) use ($pid): mixed {
    $child = proc_open(['sh', '-c', "while sleep 0.003; do kill -USR1 $pid || exit; done"], [], $pipes);
    $result = $call();
    proc_terminate($child);
    return $result;
};
/** Two ends of a socket; the child writes to its own. */
$socket = static function (Closure $read) use ($sender): mixed {
    [$mine, $theirs] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
    $child = $sender('echo line', [1 => $theirs]);
    fclose($theirs);
    $socket = socket_import_stream($mine);
    return [$read($socket, $mine), proc_close($child)];
};
posix_mkfifo('fifo', 0600);
$calls = [
    'fgets of a socket' => static fn (): mixed => $socket(static fn (Socket $socket, mixed $stream): mixed => fgets($stream)),
    'socket_read' => static fn (): mixed => $socket(static fn (Socket $socket): mixed => socket_read($socket, 100)),
    'socket_recv, all' => static fn (): mixed => $socket(static fn (Socket $socket): mixed => [socket_recv($socket, $data, 5, MSG_WAITALL), $data]),
    'socket_recvfrom' => static fn (): mixed => $socket(static fn (Socket $socket): mixed => [socket_recvfrom($socket, $data, 100, 0, $from), $data]),
    'socket_recvmsg' => static fn (): mixed => $socket(static function (Socket $socket): mixed {
        $message = ['name' => [], 'buffer_size' => 100, 'controllen' => 128];
        return [socket_recvmsg($socket, $message), $message['iov'] ?? null];
    }),
    'socket_recv, SO_RCVTIMEO' => static fn (): mixed => $ended(static function (): mixed {
        socket_create_pair(AF_UNIX, SOCK_STREAM, 0, $pair);
        socket_set_option($pair[0], SOL_SOCKET, SO_RCVTIMEO, ['sec' => 60, 'usec' => 0]);
        $message = ['name' => [], 'buffer_size' => 100, 'controllen' => 128];
        return [@socket_recvmsg($pair[0], $message), socket_last_error($pair[0])];
    }),
    'socket_accept' => static function () use ($sender): mixed {
        $listener = socket_create_listen(0);
        socket_getsockname($listener, $address, $port);
        $child = $sender('exec ' . escapeshellarg(PHP_BINARY) . " -n -r 'fwrite(stream_socket_client(\"tcp://127.0.0.1:$port\"), \"line\");'");
        return [socket_read(socket_accept($listener), 4), proc_close($child)];
    },
    'fgets of a pipe' => static function () use ($pid): mixed {
        $pipe = popen("n=0; while [ \$n -lt 8 ]; do kill -USR1 $pid; sleep 0.003; n=\$((n + 1)); done; echo line", 'r');
        return [fgets($pipe), pclose($pipe)];
    },
    'exec' => static fn (): mixed => [exec("n=0; while [ \$n -lt 8 ]; do kill -USR1 $pid; sleep 0.003; n=\$((n + 1)); done; echo out; exit 3", $lines, $status), $lines, $status],
    'proc_close' => static fn (): mixed => proc_close($sender('exit 4')),
    'pcntl_waitpid' => static function () use ($pid): mixed {
        if (($child = pcntl_fork()) === 0) {
            pcntl_exec('/bin/sh', ['-c', "n=0; while [ \$n -lt 8 ]; do kill -USR1 $pid; sleep 0.003; n=\$((n + 1)); done; exit 5"]);
        }
        return [pcntl_waitpid($child, $status) === $child, pcntl_wexitstatus($status)];
    },
    'fopen of a FIFO' => static function () use ($sender): mixed {
        $child = $sender('echo line > fifo');
        return [fgets(fopen('fifo', 'r')), proc_close($child)];
    },
    'flock' => static function () use ($pid): mixed {
        $child = proc_open(['flock', 'lock', 'sh', '-c', "echo held; n=0; while [ \$n -lt 8 ]; do kill -USR1 $pid; sleep 0.003; n=\$((n + 1)); done"], [1 => ['pipe', 'w']], $pipes);
        return [fgets($pipes[1]), flock(fopen('lock', 'w'), LOCK_EX), proc_close($child)];
    },
    'usleep' => static fn (): mixed => $ended(static function (): mixed {
        $began = hrtime(true);
        usleep(59_000_000);
        return hrtime(true) - $began < 50e9;
    }),
    'stream_select' => static fn (): mixed => $ended(static function (): mixed {
        [$read, $write, $except] = [[STDIN], null, null];
        return @stream_select($read, $write, $except, 60);
    }),
    'stream_socket_accept' => static fn (): mixed => $ended(static fn (): mixed => @stream_socket_accept(stream_socket_server('tcp://127.0.0.1:0'), 60)),
];
if (extension_loaded('sysvmsg')) {
    $calls['msg_receive'] = static fn (): mixed => $ended(static function (): mixed {
        $queue = msg_get_queue(ftok('lock', 'm'));
        return [@msg_receive($queue, 0, $type, 100, $message, true, 0, $error), $error, msg_remove_queue($queue)];
    });
}
foreach ($calls as $name => $call) {
    $handled = 0;
    $result = $call();
    echo $name, ': ', json_encode($result), $handled > 0 ? '' : ', and no signal', "\n";
}
posix_kill($pid, SIGKILL);
PHP);
$run = static function (array $command) use ($folder): string {
    $process = proc_open([...$command, "$folder/script.php"], [['pipe', 'r'], ['pipe', 'w'], ['redirect', 1]], $pipes, $folder);
    $output = stream_get_contents($pipes[1]);
    proc_close($process);
    @unlink("$folder/fifo");
    return $output;
};
$plain = explode("\n", trim($run(Tusk\Tests\plain_php())));
$tusk = explode("\n", trim($run(Tusk\Tests\php_with_tusk())));
foreach ($plain as $n => $line) {
    if ($line !== ($tusk[$n] ?? null)) {
        echo "plain PHP: $line\nwith Tusk: ", $tusk[$n] ?? 'nothing', "\n";
    }
}
echo count($tusk), " calls\n";
exec('rm -rf ' . escapeshellarg($folder));
?>
--EXPECTREGEX--
(1[6-9]|2\d) calls
