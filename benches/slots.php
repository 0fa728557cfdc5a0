<?php
/**
 * What every kind of hooked call costs while there is no second coroutine: at most 2 % or 15 ns more
 * than in plain PHP, whichever is more. Where several calls make a row, 15 ns for each.
 *
 * Each row is measured in processes of its own, so that nothing is in their memory which other rows
 * left there. They take turns, one without Tusk and one with it, in which slots are redirected as they
 * are after the first coroutine; who begins changes from pair to pair. Each reports its best of some
 * short loops; a figure is the median of the processes, and a difference the median of the
 * differences of neighbours, so that what a machine does meanwhile falls on both. Files lie in memory
 * where /dev/shm is: a disk's own times differ by more than the bound. The watchdog is off: a second
 * thread makes the kernel's own part of every call on a descriptor dearer.
 *
 *   php slots.php [PART OF A NAME]
 */

declare(strict_types=1);

namespace Bench;

require __DIR__ . '/lib/measure.php';

/** Pairs of processes for each row. */
const PAIRS = 15;
/** Loops of a process, and how long one takes at most. */
const LOOPS = 5;
const LOOP_NS = 4e6;
/** Allowed: this share of the plain call, or so many ns, whichever is more. */
const SHARE = 0.02;
const NS = 15.0;

/** PHP code of one call, by what it is called. Variables are those of set_up(). */
const CALLS = [
    'fopen, fread, fclose' => '$f = fopen($small, "r"); fread($f, 4096); fclose($f);',
    'fseek, fread' => 'fseek($file, ($i & 255) << 12); fread($file, 4096);',
    'fwrite to a file' => 'fseek($written, 0); fwrite($written, "some bytes");',
    'fgets' => 'rewind($lines); fgets($lines);',
    'fgetc' => 'rewind($lines); fgetc($lines);',
    'fgetcsv' => 'rewind($lines); fgetcsv($lines, null, ",", "\"", "");',
    'fscanf' => 'rewind($lines); fscanf($lines, "%s");',
    'stream_get_line' => 'rewind($lines); stream_get_line($lines, 100, "\n");',
    'stream_get_contents' => 'rewind($lines); stream_get_contents($lines);',
    'stream_copy_to_stream' => 'rewind($lines); rewind($written); stream_copy_to_stream($lines, $written);',
    'file_get_contents' => 'file_get_contents($small);',
    'file_put_contents' => 'file_put_contents($other, "some bytes");',
    'file_exists' => 'file_exists($small);',
    'filemtime' => 'clearstatcache(); filemtime($small);',
    'copy' => 'copy($small, $other);',
    'rename' => 'rename($other, $third); rename($third, $other);',
    'touch, unlink' => 'touch($third); unlink($third);',
    'mkdir, rmdir' => 'mkdir($third); rmdir($third);',
    'chmod' => 'chmod($other, 0644);',
    'scandir' => 'scandir($folder);',
    'glob' => 'glob("$folder/*");',
    'flock' => 'flock($file, LOCK_SH); flock($file, LOCK_UN);',
    'ftruncate' => 'ftruncate($written, 10);',
    'fwrite, fread of a socket pair' => 'fwrite($pair[0], "x"); fread($pair[1], 1);',
    'stream_select, timeout 0' => '$r = [$pair[0]]; $n = null; stream_select($r, $n, $n, 0);',
    'fwrite, fread of a pipe' => 'fwrite($pipes[0], "x"); fread($pipes[1], 1);',
    'socket_send, socket_recv' => 'socket_send($sockets[0], "x", 1, 0); socket_recv($sockets[1], $data, 1, 0);',
    'socket_write, socket_read' => 'socket_write($sockets[0], "x"); socket_read($sockets[1], 1);',
    'socket_select, timeout 0' => '$r = [$sockets[0]]; $n = null; socket_select($r, $n, $n, 0);',
    'stream_socket_client to nobody' => '@stream_socket_client("tcp://127.0.0.1:1");',
    'gethostbyname of an address' => 'gethostbyname("127.0.0.1");',
    'usleep(0)' => 'usleep(0);',
    'time_nanosleep(0, 0)' => 'time_nanosleep(0, 0);',
    'sleep(0)' => 'sleep(0);',
    'msg_send, msg_receive' => 'msg_send($queue, 1, "x", false); msg_receive($queue, 0, $type, 10, $data, false);',
    'sem_acquire, sem_release' => 'sem_acquire($semaphore); sem_release($semaphore);',
    'pcntl_waitpid without children' => 'pcntl_waitpid(-1, $status, WNOHANG);',
    'shell_exec' => 'shell_exec("exit");',
    'popen, pclose' => 'pclose(popen("exit", "r"));',
    'proc_open, proc_close' => 'proc_close(proc_open(["/bin/true"], [], $none));',
    'curl_setopt' => 'curl_setopt($curl, CURLOPT_TIMEOUT, 5);',
    'curl_exec of a file' => 'curl_exec($curl);',
    'PDO::query on SQLite' => '$sqlite->query("select 1")->fetchAll();',
    'PDO::exec on SQLite' => '$sqlite->exec("select 1");',
    'PDOStatement::execute on SQLite' => '$prepared->execute();',
];

/** Calls of PHP functions and methods in a row. */
function calls_in(string $code): int
{
    return preg_match_all('/\b[a-z_]+\(/i', $code);
}

/** What the calls use. */
function set_up(string $folder): array
{
    foreach (['small' => str_repeat('x', 4096), 'large' => str_repeat('x', 1 << 20), 'lines' => str_repeat("some,text\n", 400), 'other' => 'x', 'written' => ''] as $name => $bytes) {
        file_put_contents("$folder/$name", $bytes);
    }
    posix_mkfifo("$folder/fifo", 0600);
    $reading = fopen("$folder/fifo", 'r+');
    socket_create_pair(AF_UNIX, SOCK_DGRAM, 0, $sockets);
    $curl = curl_init("file://$folder/small");
    curl_setopt($curl, CURLOPT_RETURNTRANSFER, true);
    $sqlite = new \PDO('sqlite::memory:');
    return [
        'folder' => $folder,
        'small' => "$folder/small",
        'other' => "$folder/other",
        'third' => "$folder/third",
        'file' => fopen("$folder/large", 'r'),
        'written' => fopen("$folder/written", 'w'),
        'lines' => fopen("$folder/lines", 'r'),
        'pair' => stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0),
        'pipes' => [fopen("$folder/fifo", 'r+'), $reading],
        'sockets' => $sockets,
        'queue' => msg_get_queue(getmypid()),
        'semaphore' => sem_get(getmypid()),
        'curl' => $curl,
        'sqlite' => $sqlite,
        'prepared' => $sqlite->prepare('select 1'),
    ];
}

/** ns of a call in this process. */
function measure(string $folder, string $code): float
{
    $given = set_up($folder);
    if (extension_loaded('tusk')) {
        \Tusk\run(static fn (): mixed => \Tusk\go(static fn (): null => null)->join());
    }
    $loop = eval('return static function (int $calls) use ($given): void { extract($given); for ($i = 0; $i < $calls; $i++) { ' . $code . ' } };');
    $loop(1);
    $begun = hrtime(true);
    $loop(4);
    $calls = (int) max(4, min(20_000, LOOP_NS / ((hrtime(true) - $begun) / 4)));
    $best = INF;
    for ($round = 0; $round < LOOPS; $round++) {
        $begun = hrtime(true);
        $loop($calls);
        $best = min($best, (hrtime(true) - $begun) / $calls);
    }
    sem_remove($given['semaphore']);
    msg_remove_queue($given['queue']);
    return $best;
}

if (($argv[1] ?? '') === 'measure') {
    // What calls print is none of the report.
    ob_start();
    $ns = measure($argv[2], CALLS[$argv[3]]);
    ob_end_clean();
    echo json_encode($ns);
    return;
}

require __DIR__ . '/lib/servers.php';

/** A row in a process of its own, in a folder of its own. */
function in_process(array $command, string $name): float
{
    $folder = (is_writable('/dev/shm') ? '/dev/shm' : sys_get_temp_dir()) . '/tusk-slots-' . bin2hex(random_bytes(6));
    mkdir($folder, 0700);
    $line = implode(' ', array_map(escapeshellarg(...), [...$command, __FILE__, 'measure', $folder, $name]));
    $report = (string) shell_exec("taskset -c 0 $line");
    array_map(unlink(...), glob("$folder/*"));
    rmdir($folder);
    return json_decode($report, true) ?? throw new \RuntimeException("$name did not report: $report");
}

$plain = [PHP_BINARY, '-d', 'opcache.enable_cli=0'];
$tusk = [...php_command(false), '-d', 'tusk.block_warn=0'];
foreach (CALLS as $name => $code) {
    if (!str_contains($name, $argv[1] ?? '')) {
        continue;
    }
    $without = $more = [];
    for ($pair = 0; $pair < PAIRS; $pair++) {
        $took = [];
        foreach ($pair % 2 ? ['with', 'without'] : ['without', 'with'] as $who) {
            $took[$who] = in_process($who === 'with' ? $tusk : $plain, $name);
        }
        $without[] = $took['without'];
        $more[] = $took['with'] - $took['without'];
    }
    $ns = median($without);
    check("$name: more than plain PHP's " . number_format($ns, 0) . ' ns', median($more), max(NS * calls_in($code), $ns * SHARE), 'ns');
}
