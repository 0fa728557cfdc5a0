--TEST--
Waits that can last (locks, semaphores, messages, FIFOs, children) take none of the threads for files and names
--DESCRIPTION--
There is one thread for files and one for names, and twenty of each kind wait. Who they wait for writes, syncs and looks a
name up meanwhile; would a waiter hold a thread, none of them ever ended.
--EXTENSIONS--
sysvsem
sysvmsg
posix
pcntl
--INI--
tusk.file_threads=1
tusk.dns_threads=1
--FILE--
<?php
require __DIR__ . '/../include/process.inc';

const EACH = 20;
$folder = Tusk\Tests\temporary_folder();
touch("$folder/lock");
posix_mkfifo("$folder/fifo", 0600);
$semaphore = sem_get(random_int(1, PHP_INT_MAX >> 33));
$queue = msg_get_queue(random_int(1, PHP_INT_MAX >> 33));
$children = [];
for ($n = 0; $n < EACH; $n++) {
    $children[] = proc_open(['sh', '-c', 'until [ -e go ]; do sleep 0.01; done'], [], $pipes, $folder);
}

$held = fopen("$folder/lock", 'r+');
flock($held, LOCK_EX);
sem_acquire($semaphore);

$begun = $ended = 0;
$waits = [
    'flock' => static fn (): bool => flock($file = fopen("$folder/lock", 'r'), LOCK_EX) && flock($file, LOCK_UN),
    'sem_acquire' => static fn (): bool => sem_acquire($semaphore) && sem_release($semaphore),
    'msg_receive' => static fn (): bool => msg_receive($queue, 0, $type, 100, $message),
    'FIFO' => static fn (): bool => fgets(fopen("$folder/fifo", 'r')) !== null,
    'proc_close' => static function () use (&$children): bool {
        return proc_close(array_pop($children)) === 0;
    },
];
$coroutines = [];
foreach ($waits as $kind => $wait) {
    for ($n = 0; $n < EACH; $n++) {
        $coroutines[] = Tusk\go(static function () use ($wait, &$begun, &$ended): bool {
            $begun++;
            $result = $wait();
            $ended++;
            return $result;
        });
    }
}
do {
    Tusk\sleep(0.001);
} while ($begun < count($waits) * EACH);
// Each has tried, and pauses: none of them is on a thread.
for ($turn = 0; $turn < 20; $turn++) {
    Tusk\sleep(0.001);
}
echo "$ended ended\n";

$all = Tusk\parallel([
    static fn (): int|false => file_put_contents("$folder/large", str_repeat('x', 8 << 20)),
    static fn (): bool => fsync($held),
    static fn (): string => gethostbyname('localhost'),
    static fn (): bool => copy("$folder/large", "$folder/copy"),
]);
echo json_encode($all), "\n";

flock($held, LOCK_UN);
sem_release($semaphore);
for ($n = 0; $n < EACH; $n++) {
    msg_send($queue, 1, 'message');
}
touch("$folder/go");
$writer = fopen("$folder/fifo", 'w');
fwrite($writer, str_repeat("line\n", EACH));
fclose($writer);
$right = array_map(static fn (Tusk\Coroutine $one): bool => $one->join(), $coroutines);
echo count(array_filter($right)), " right\n";
sem_remove($semaphore);
msg_remove_queue($queue);
exec('rm -rf ' . escapeshellarg($folder));
?>
--EXPECT--
0 ended
[8388608,true,"127.0.0.1",true]
100 right
