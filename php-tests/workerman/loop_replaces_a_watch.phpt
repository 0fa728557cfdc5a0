--TEST--
onReadable and onWritable for a PHP stream that has a callback replace it
--SKIPIF--
<?php
require __DIR__ . '/../include/autoload.inc';
Tusk\Tests\skip_without_package('workerman/workerman');
--FILE--
<?php
require __DIR__ . '/../include/workerman_loop.php';

$loop = new Tusk\Workerman\EventLoop();
[$ours, $theirs] = Tusk\Tests\connection();
$loop->onReadable($ours, fn () => print "the first\n");
$loop->onReadable($ours, function ($stream) use ($loop) {
    echo 'the second reads ', fread($stream, 100), "\n";
    var_dump($loop->offReadable($stream), $loop->offReadable($stream));
    $loop->onWritable($stream, fn () => print "the first\n");
    $loop->onWritable($stream, function ($stream) use ($loop) {
        echo "the second writes\n";
        var_dump($loop->offWritable($stream), $loop->offWritable($stream));
        $loop->stop();
    });
});
fwrite($theirs, 'hello');
Tusk\Tests\run_loop($loop);
?>
--EXPECT--
the second reads hello
bool(true)
bool(false)
the second writes
bool(true)
bool(false)
