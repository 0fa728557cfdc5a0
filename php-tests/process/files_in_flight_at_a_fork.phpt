--TEST--
A fork while others wait for locks, children, pipes and threads: the child has none of it
--EXTENSIONS--
pcntl
posix
--FILE--
<?php
require __DIR__ . '/../include/process.inc';
$folder = Tusk\Tests\temporary_folder();
touch("$folder/lock");
posix_mkfifo("$folder/fifo", 0600);
$holder = fopen("$folder/lock", 'r+');
flock($holder, LOCK_EX);
$large = str_repeat('x', 32 << 20);
$all = [
    Tusk\go(fn () => flock(fopen("$folder/lock", 'r+'), LOCK_EX)),
    Tusk\go(fn () => fread(fopen("$folder/fifo", 'r+'), 5)),
    Tusk\go(fn () => trim(shell_exec('sleep 0.1; echo said'))),
    Tusk\go(fn () => file_put_contents("$folder/large", $large)),
];
Tusk\sleep(0.001);
$pid = pcntl_fork();
if ($pid === 0) {
    echo count(Tusk\Coroutine::all()), " in the child\n";
    // What needs a thread gets one of the child's own.
    $own = Tusk\go(fn () => [file_put_contents("$folder/child", $GLOBALS['large']), trim(shell_exec('echo child'))]);
    echo implode(' ', $own->join()), "\n";
    exit(7);
}
pcntl_waitpid($pid, $status);
echo pcntl_wexitstatus($status), "\n";
flock($holder, LOCK_UN);
file_put_contents("$folder/fifo", 'hello');
echo json_encode(array_map(fn ($one) => $one->join(), $all)), ' ', filesize("$folder/large"), "\n";
array_map(unlink(...), glob("$folder/*"));
rmdir($folder);
?>
--EXPECT--
1 in the child
33554432 child
7
[true,"hello","said",33554432] 33554432
