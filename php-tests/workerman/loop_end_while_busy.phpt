--TEST--
While a read callback waits: no second call for data, one for the peer's close, none after that
--SKIPIF--
<?php
require __DIR__ . '/../include/autoload.inc';
Tusk\Tests\skip_without_package('workerman/workerman');
--FILE--
<?php
require __DIR__ . '/../include/workerman_loop.php';

use Tusk\Channel;

$loop = new Tusk\Workerman\EventLoop();
[$ours, $theirs] = Tusk\Tests\connection();
$closed = new Channel(0);
$loop->onReadable($ours, function ($stream) use ($loop, $theirs, $closed) {
    $data = fread($stream, 100);
    if ($data === '' && feof($stream)) {
        echo "the peer has closed\n";
        $loop->offReadable($stream);
        fclose($stream);
        $closed->send(true);
        return;
    }
    echo "begins with $data\n";
    if ($data === 'one') {
        fwrite($theirs, 'two');
        usleep(20_000);
    } else {
        fclose($theirs);
        $closed->receive();
        $loop->stop();
    }
    echo "ends with $data\n";
});
fwrite($theirs, 'one');
Tusk\Tests\run_loop($loop);
?>
--EXPECT--
begins with one
ends with one
begins with two
the peer has closed
ends with two
