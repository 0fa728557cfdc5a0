--TEST--
A callback that leaves data unread is called again; one that reads nothing is, too
--SKIPIF--
<?php
require __DIR__ . '/../include/autoload.inc';
Tusk\Tests\skip_without_package('workerman/workerman');
--FILE--
<?php
require __DIR__ . '/../include/workerman_loop.php';

$loop = new Tusk\Workerman\EventLoop();
[$ours, $theirs] = Tusk\Tests\connection();
$got = '';
$idle = 0;
$loop->onReadable($ours, function ($stream) use ($loop, &$got, &$idle) {
    if ($idle < 3) {
        $idle++;
        return;
    }
    $got .= $read = fread($stream, 3);
    if ($read === '' && feof($stream)) {
        echo "$got, then the end\n";
        $loop->stop();
    }
});
fwrite($theirs, 'all of it');
fclose($theirs);
Tusk\Tests\run_loop($loop);
echo "left $idle times\n";
?>
--EXPECT--
all of it, then the end
left 3 times
