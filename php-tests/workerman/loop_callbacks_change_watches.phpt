--TEST--
Inside its own callback a watch can be ended, made anew, and its PHP stream closed
--SKIPIF--
<?php
require __DIR__ . '/../include/autoload.inc';
Tusk\Tests\skip_without_package('workerman/workerman');
--FILE--
<?php
require __DIR__ . '/../include/workerman_loop.php';

$loop = new Tusk\Workerman\EventLoop();
[$ours, $theirs] = Tusk\Tests\connection();
$loop->onReadable($ours, function ($stream) use ($loop) {
    echo 'ended: ', var_export($loop->offReadable($stream), true), "\n";
    $loop->onReadable($stream, function ($stream) use ($loop) {
        echo 'made anew reads ', fread($stream, 100), "\n";
        $loop->offReadable($stream);
        fclose($stream);
        $loop->delay(0, fn () => $loop->stop());
    });
});
fwrite($theirs, 'hello');
Tusk\Tests\run_loop($loop);
stream_set_timeout($theirs, 5);
var_dump(fread($theirs, 10), feof($theirs));

// The number of a closed descriptor goes to the next connection, also in the same turn,
// when events of the old one have been queued.
[$old, $peer] = Tusk\Tests\connection();
[$other, $other_peer] = Tusk\Tests\connection();
$swap = function ($stream, $victim) use ($loop) {
    $loop->offReadable($stream);
    $loop->offReadable($victim);
    fclose($victim);
    [$fresh, $fresh_peer] = Tusk\Tests\connection();
    $loop->onReadable($fresh, function ($stream) use ($loop, $fresh_peer) {
        echo 'the fresh one reads ', fread($stream, 100), "\n";
        $loop->offReadable($stream);
        $loop->stop();
    });
    $loop->delay(0.01, fn () => fwrite($fresh_peer, 'its own data'));
};
$loop->onReadable($old, fn ($stream) => $swap($stream, $other));
$loop->onReadable($other, fn ($stream) => $swap($stream, $old));
fwrite($peer, 'x');
fwrite($other_peer, 'y');
Tusk\Tests\run_loop($loop);
?>
--EXPECT--
ended: true
made anew reads hello
string(0) ""
bool(true)
the fresh one reads its own data
