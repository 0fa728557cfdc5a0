--TEST--
Who is cancelled in a call that nothing else would end is out of it at once, and holds nobody up
--DESCRIPTION--
The peers say nothing, the children sleep, the locks are held, and nobody opens the FIFOs. C code
often goes on for a while when its wait has been cancelled: it opens the next file, closes a pipe to
a child, or asks again. None of that may wait, or this test hangs; the watchdog then says where.
--INI--
tusk.block_warn=15
session.use_cookies=0
session.cache_limiter=
sendmail_path="sleep 1000"
--SKIPIF--
<?php
extension_loaded('posix') || exit('skip needs posix');
?>
--FILE--
<?php
require __DIR__ . '/../include/process.inc';

$folder = Tusk\Tests\temporary_folder();
$silent = stream_socket_server('tcp://127.0.0.1:0');
$port = (int) substr(strrchr(stream_socket_get_name($silent, false), ':'), 1);
$held = fopen("$folder/lock", 'w');
flock($held, LOCK_EX);
for ($n = 0; $n < 3; $n++) {
    posix_mkfifo("$folder/fifo$n", 0600);
}
[$mine, $theirs] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
$sleeper = proc_open(['sleep', '1000'], [], $pipes);

$kinds = [
    'fgets' => static fn (): mixed => fgets(fsockopen('127.0.0.1', $port)),
    'by name' => static fn (): mixed => fgets(fsockopen('localhost', $port)),
    'accept' => static fn (): mixed => stream_socket_accept(stream_socket_server('tcp://127.0.0.1:0'), 1000),
    'http wrapper' => static fn (): mixed => file_get_contents("http://127.0.0.1:$port/"),
    'https wrapper' => static fn (): mixed => file_get_contents("https://127.0.0.1:$port/"),
    'ssl' => static fn (): mixed => stream_socket_client("ssl://127.0.0.1:$port", $code, $error, 1000),
    'ftp wrapper' => static fn (): mixed => file_get_contents("ftp://127.0.0.1:$port/file"),
    'get_headers' => static fn (): mixed => get_headers("http://127.0.0.1:$port/"),
    'copy from http' => static fn (): mixed => copy("http://127.0.0.1:$port/", "$folder/fifo0"),
    'getimagesize' => static fn (): mixed => getimagesize("http://127.0.0.1:$port/"),
    'stream_select' => static function () use ($mine): mixed {
        [$read, $write, $except] = [[$mine], null, null];
        return stream_select($read, $write, $except, 1000);
    },
    'stream_copy_to_stream' => static fn (): mixed => stream_copy_to_stream(fopen("$folder/fifo0", 'r+'), fopen("$folder/copied", 'w')),
    'exec' => static fn (): mixed => exec('exec sleep 1000'),
    'system' => static fn (): mixed => system('exec sleep 1000'),
    'passthru' => static fn (): mixed => passthru('exec sleep 1000'),
    'shell_exec' => static fn (): mixed => shell_exec('exec sleep 1000'),
    'pclose' => static fn (): mixed => pclose(popen('exec sleep 1000', 'r')),
    'proc_close' => static fn (): mixed => proc_close(proc_open(['sleep', '1000'], [], $none)),
    'fgets of a FIFO with a writer' => static fn (): mixed => fgets(fopen("$folder/fifo0", 'r+')),
    'mail' => static fn (): mixed => mail('a@example.org', 'subject', 'text'),
    'flock' => static fn (): mixed => flock(fopen("$folder/lock", 'r'), LOCK_EX),
    'file_put_contents, locked' => static fn (): mixed => file_put_contents("$folder/lock", 'text', LOCK_EX),
    'FIFO for reading' => static fn (): mixed => fopen("$folder/fifo0", 'r'),
    'FIFO for writing' => static fn (): mixed => fopen("$folder/fifo0", 'w'),
    'file_get_contents of a FIFO' => static fn (): mixed => file_get_contents("$folder/fifo0"),
    'file_put_contents to a FIFO' => static fn (): mixed => file_put_contents("$folder/fifo0", 'text'),
    // PHP opens the second although the first was not to be had.
    'copy from one FIFO to another' => static fn (): mixed => copy("$folder/fifo1", "$folder/fifo2"),
    'md5_file of a FIFO' => static fn (): mixed => md5_file("$folder/fifo0"),
    'usleep' => static fn (): mixed => usleep(1_000_000_000),
    'pcntl_waitpid' => static fn (): mixed => pcntl_waitpid(proc_get_status($sleeper)['pid'], $status),
    'pcntl_wait' => static fn (): mixed => pcntl_wait($status),
    'pcntl_sigwaitinfo' => static fn (): mixed => pcntl_sigwaitinfo([SIGUSR1]),
    'socket_recv' => static function () use ($port): mixed {
        $socket = socket_create(AF_INET, SOCK_STREAM, SOL_TCP);
        socket_connect($socket, '127.0.0.1', $port);
        return socket_recv($socket, $data, 10, MSG_WAITALL);
    },
    'curl_exec' => static function () use ($port): mixed {
        curl_setopt_array($curl = curl_init("http://localhost:$port/"), [CURLOPT_RETURNTRANSFER => true]);
        return curl_exec($curl);
    },
    'curl_exec, https' => static function () use ($port): mixed {
        curl_setopt_array($curl = curl_init("https://localhost:$port/"), [CURLOPT_RETURNTRANSFER => true]);
        return curl_exec($curl);
    },
    'PDO mysql' => static fn (): mixed => new PDO("mysql:host=127.0.0.1;port=$port"),
    'mysqli' => static fn (): mixed => mysqli_connect('127.0.0.1', 'user', '', '', $port),
    'PDO pgsql' => static fn (): mixed => new PDO("pgsql:host=127.0.0.1;port=$port;dbname=x"),
    'pg_connect' => static fn (): mixed => pg_connect("host=127.0.0.1 port=$port dbname=x", PGSQL_CONNECT_FORCE_NEW),
    'phpredis' => static fn (): mixed => [($redis = new Redis())->connect('127.0.0.1', $port), $redis->get('key')],
    'ldap_bind' => static fn (): mixed => ldap_bind(ldap_connect("ldap://127.0.0.1:$port")),
    'ftp_connect' => static fn (): mixed => ftp_connect('127.0.0.1', $port, 1000),
    'SoapClient' => static fn (): mixed => new SoapClient("http://127.0.0.1:$port/?wsdl"),
    'msg_receive' => static fn (): mixed => msg_receive($GLOBALS['queue'], 0, $type, 100, $message),
    'sem_acquire' => static fn (): mixed => sem_acquire($GLOBALS['semaphore']),
    'session_start' => static fn (): mixed => session_start(),
];
$needs = [
    'pcntl' => ['pcntl_waitpid', 'pcntl_wait', 'pcntl_sigwaitinfo'], 'sockets' => ['socket_recv'], 'curl' => ['curl_exec', 'curl_exec, https'],
    'pdo_mysql' => ['PDO mysql'], 'mysqli' => ['mysqli'], 'pdo_pgsql' => ['PDO pgsql'], 'pgsql' => ['pg_connect'], 'redis' => ['phpredis'],
    'ldap' => ['ldap_bind'], 'ftp' => ['ftp_connect'], 'soap' => ['SoapClient'], 'sysvmsg' => ['msg_receive'], 'sysvsem' => ['sem_acquire'],
    'session' => ['session_start'], 'openssl' => ['https wrapper', 'ssl'],
];
$skipped = [];
foreach ($needs as $extension => $of) {
    if (!extension_loaded($extension)) {
        $skipped[] = "skipped without $extension: " . implode(', ', $of) . "\n";
        $kinds = array_diff_key($kinds, array_flip($of));
    }
}
if (isset($kinds['sem_acquire'])) {
    $semaphore = sem_get(ftok("$folder/lock", 's'), 1);
    $holder = sem_acquire($semaphore);
}
if (isset($kinds['msg_receive'])) {
    $queue = msg_get_queue(ftok("$folder/lock", 'q'));
}
if (isset($kinds['session_start'])) {
    session_save_path($folder);
    session_id('held');
    $session = fopen("$folder/sess_held", 'w');
    flock($session, LOCK_EX);
}

$turns = 0;
$beside = Tusk\go(static function () use (&$turns): void {
    while (true) {
        Tusk\sleep(0.001);
        $turns++;
    }
});
foreach ($kinds as $name => $call) {
    // As many turns as the longest of them takes to its last wait, and time for what is on threads.
    foreach ([...range(1, 12), 20, 0.001, 0.005, 0.02] as $moment) {
        $coroutine = Tusk\go($call);
        if (is_float($moment)) {
            Tusk\sleep($moment);
        }
        for ($turn = 0; is_int($moment) && $turn < $moment; $turn++) {
            Tusk\sleep(0);
        }
        $coroutine->cancel();
        try {
            $result = $coroutine->join();
            echo "$name, cancelled after $moment: ", var_export($result, true), "\n";
        } catch (Tusk\CancelledException) {
            // As it should be.
        } catch (Throwable $thrown) {
            echo "$name, cancelled after $moment: ", $thrown::class, ' ', $thrown->getMessage(), "\n";
        }
        // Or the queue of the silent one is full.
        while (@stream_socket_accept($silent, 0)) {
            // Closed at once.
        }
    }
}
$beside->cancel();
// Not before: a session cannot be started after output.
echo implode('', $skipped);
echo $turns > count($kinds) ? "others went on\n" : "nobody else ran\n";
proc_terminate($sleeper);
if (isset($semaphore)) {
    sem_remove($semaphore);
}
if (isset($queue)) {
    msg_remove_queue($queue);
}
exec('rm -rf ' . escapeshellarg($folder));
?>
--EXPECTF--
%r(?:skipped without [^\n]*\n)*%rothers went on
