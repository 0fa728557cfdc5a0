--TEST--
A file or pipe that is closed while another coroutine waits in it ends that wait
--EXTENSIONS--
posix
--FILE--
<?php
require __DIR__ . '/../include/process.inc';
$folder = Tusk\Tests\temporary_folder();
touch("$folder/lock");
posix_mkfifo("$folder/fifo", 0600);
$holder = fopen("$folder/lock", 'r+');
flock($holder, LOCK_EX);
foreach (['flock' => ['lock', fn ($file) => flock($file, LOCK_EX)], 'fgets' => ['fifo', fgets(...)]] as $name => [$path, $wait]) {
    $file = fopen("$folder/$path", 'r+');
    $waiter = Tusk\go(fn () => var_export($wait($file), true));
    Tusk\sleep(0.02);
    fclose($file);
    echo $name, ': ', $waiter->join(), ' ', is_resource($file) ? 'open' : 'closed', "\n";
}
array_map(unlink(...), glob("$folder/*"));
rmdir($folder);
?>
--EXPECT--
flock: false closed
fgets: false closed
