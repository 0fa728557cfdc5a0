--TEST--
A lock that is waited for while another coroutine's fsync() is on its way knows nothing of that file
--EXTENSIONS--
session
--INI--
session.use_cookies=0
session.cache_limiter=
--SKIPIF--
<?php
if (!is_executable('/usr/bin/flock')) {
    echo 'skip needs flock(1)';
}
?>
--FILE--
<?php
require __DIR__ . '/../include/process.inc';

$folder = Tusk\Tests\temporary_folder();
session_save_path($folder);
touch("$folder/sess_abc");
$holder = proc_open(['flock', "$folder/sess_abc", 'sh', '-c', 'echo held; sleep 0.3'], [1 => ['pipe', 'w']], $pipes);
fgets($pipes[1]);

$file = fopen("$folder/file", 'w');
fwrite($file, 'x');
// Its frame is used again and again while the other one waits.
$deep = static function (int $depth) use (&$deep): array {
    return $depth ? array_map($deep, [$depth - 1]) : [str_repeat('ab', 10)];
};
$syncs = Tusk\go(static function () use ($file, $deep): void {
    fsync($file);
    for ($n = 0; $n < 100; $n++) {
        usleep(1000);
        $deep($n % 70);
    }
});
$locks = Tusk\go(static function (): bool {
    session_id('abc');
    return session_start() && session_write_close();
});
$syncs->join();
var_dump($locks->join());
proc_close($holder);
array_map(unlink(...), glob("$folder/*"));
rmdir($folder);
?>
--EXPECT--
bool(true)
