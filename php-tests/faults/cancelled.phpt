--TEST--
Calls that are cancelled at any moment write nothing twice, leave no descriptor open and keep no memory
--DESCRIPTION--
Seeded (TUSK_SEED): each kind of call is begun again and again and cancelled after 0 to 12 turns of
the loop or milliseconds. Writers send numbered lines; each comes at most once, and once when the
call said so. Warnings of calls that were cancelled say so, and are not looked at here.
--INI--
error_reporting=E_ALL & ~E_WARNING & ~E_NOTICE
--FILE--
<?php
require __DIR__ . '/../include/http.inc';

$seed = (int) (getenv('TUSK_SEED') ?: 11);
mt_srand($seed);
$folder = Tusk\Tests\temporary_folder();
$url = Tusk\Tests\http_server();
$port = parse_url($url, PHP_URL_PORT);
file_put_contents("$folder/large", str_repeat('x', 2_000_000));
$held = fopen("$folder/lock", 'w');

/** Nobody writes to the one end, and what is written to the other nobody reads. */
[$silent, $peer] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
$kinds = [
    'connect, read' => static fn (): mixed => fgets(fsockopen('127.0.0.1', $port)),
    'http wrapper' => static fn (): mixed => file_get_contents("$url/delay?ms=8"),
    'write that does not fit' => static function (): void {
        [$a, $b] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
        fwrite($a, str_repeat('x', 2_000_000));
    },
    'accept' => static fn (): mixed => stream_socket_accept(stream_socket_server('tcp://127.0.0.1:0'), 5),
    'select' => static function (): void {
        [$a, $b] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
        [$read, $write, $except] = [[$a], null, null];
        stream_select($read, $write, $except, 5);
    },
    'usleep' => static fn (): mixed => usleep(5_000_000),
    'DNS' => static fn (): mixed => [gethostbyname('localhost'), stream_socket_server('tcp://localhost:0')],
    'file read' => static fn (): mixed => md5(file_get_contents("$folder/large")),
    'file write' => static fn (): mixed => file_put_contents("$folder/written", str_repeat('x', 2_000_000)),
    'copy, rename' => static fn (): mixed => copy("$folder/large", "$folder/copy") && rename("$folder/copy", "$folder/moved"),
    'flock' => static fn (): mixed => flock(fopen("$folder/lock", 'r'), LOCK_EX),
    'exec' => static fn (): mixed => exec('(sleep 0.005; echo out) 2> /dev/null'),
    'proc_close' => static fn (): mixed => proc_close(proc_open(['sleep', '0.01'], [1 => ['pipe', 'w']], $pipes)),
];
if (extension_loaded('sockets')) {
    $kinds['DNS of ext/sockets'] = static fn (): mixed => socket_bind(socket_create(AF_INET, SOCK_DGRAM, 0), 'localhost');
}
if (extension_loaded('posix')) {
    $fifo = "$folder/fifo";
    posix_mkfifo($fifo, 0600);
    $kinds['FIFO, opened for reading'] = static fn (): mixed => fopen($fifo, 'r');
    $kinds['FIFO, opened for writing'] = static fn (): mixed => fopen($fifo, 'w');
    $kinds['FIFO, read'] = static function () use ($folder): mixed {
        // Its own, because others' openings would be the end that this one waits for.
        $path = tempnam($folder, 'fifo');
        unlink($path);
        posix_mkfifo($path, 0600);
        $both = fopen($path, 'r+');
        unlink($path);
        return fread($both, 10);
    };
}
if (extension_loaded('curl')) {
    $kinds['curl_exec'] = static function () use ($url): mixed {
        curl_setopt_array($curl = curl_init("$url/delay?ms=8"), [CURLOPT_RETURNTRANSFER => true]);
        return curl_exec($curl);
    };
}
if (extension_loaded('dom')) {
    $kinds['DOMDocument of a URL'] = static fn (): mixed => (new DOMDocument())->load("$url/delay?ms=8", LIBXML_NOERROR);
}
if (extension_loaded('xmlreader')) {
    $kinds['XMLReader of a URL'] = static fn (): mixed => XMLReader::open("$url/drip?n=3&ms=3")->read();
}
if (extension_loaded('fileinfo') && extension_loaded('posix')) {
    $finfo = finfo_open(FILEINFO_MIME_TYPE);
    $kinds['finfo that others use'] = static fn (): mixed => $finfo->file("$url/delay?ms=3");
}
if (extension_loaded('phar')) {
    (new PharData("$folder/archive.tar"))->addFromString('large', str_repeat('x', 2_000_000));
    $kinds['phar'] = static fn (): mixed => md5(file_get_contents("phar://$folder/archive.tar/large"));
}
if (extension_loaded('zlib')) {
    file_put_contents("compress.zlib://$folder/large.gz", str_repeat('x', 2_000_000));
    $kinds['gzip'] = static fn (): mixed => md5(file_get_contents("compress.zlib://$folder/large.gz"));
}
/** Begins a call, cancels it at some moment, and waits until it is over. */
$cancel = static function (Closure $call): void {
    $coroutine = Tusk\go($call);
    if (mt_rand(0, 1)) {
        for ($turn = mt_rand(0, 12); $turn > 0; $turn--) {
            Tusk\sleep(0);
        }
    } else {
        Tusk\sleep(mt_rand(0, 12) / 1000);
    }
    $coroutine->cancel();
    try {
        $coroutine->join();
    } catch (Tusk\CancelledException) {
        // Or it was faster.
    }
};
/** Descriptors once what is still being closed is closed. */
$descriptors = static function (int $at_most = 0): int {
    $deadline = hrtime(true) + 5_000_000_000;
    do {
        gc_collect_cycles();
        $open = count(scandir('/proc/self/fd'));
    } while ($open > $at_most && hrtime(true) < $deadline && Tusk\sleep(0.005) === null);
    return $open;
};
flock($held, LOCK_EX);
foreach ($kinds as $name => $call) {
    for ($i = 0; $i < 8; $i++) {
        $cancel($call);
    }
    $before = $descriptors(PHP_INT_MAX);
    $memory = memory_get_usage();
    for ($i = 0; $i < 30; $i++) {
        $cancel($call);
    }
    $left = $descriptors($before) - $before;
    $grown = memory_get_usage() - $memory;
    if ($left > 0 || $grown > 20_000) {
        echo "$name: $left descriptors and $grown bytes more (TUSK_SEED=$seed)\n";
    }
}

// Written at most once, and surely when the call said so.
[$to, $from] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
$reader = Tusk\go(static function () use ($from): string {
    for ($got = ''; !feof($from); $got .= fread($from, 1000)) {
        Tusk\sleep(0.0005);
    }
    return $got;
});
$file = fopen("$folder/lines", 'a');
$said = [];
for ($n = 0; $n < 300; $n++) {
    $line = sprintf("<%06d%s>\n", $n, str_repeat('.', mt_rand(0, 3000)));
    $cancel(static function () use ($to, $file, $line, $n, &$said): void {
        $said['socket'][$n] = fwrite($to, $line) === strlen($line);
        $said['file'][$n] = fwrite($file, $line) === strlen($line);
    });
}
fclose($to);
foreach (['socket' => $reader->join(), 'file' => file_get_contents("$folder/lines")] as $where => $text) {
    preg_match_all('/<(\d{6})/', $text, $found);
    $times = array_count_values(array_map(intval(...), $found[1]));
    $twice = count(array_filter($times, static fn (int $count): bool => $count > 1));
    $lost = count(array_diff_key(array_filter($said[$where]), $times));
    echo "$where: $twice twice, $lost lost\n";
}
exec('rm -rf ' . escapeshellarg($folder));
?>
--EXPECT--
socket: 0 twice, 0 lost
file: 0 twice, 0 lost
