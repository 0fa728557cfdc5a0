--TEST--
fclose() in a destructor, while another coroutine reads: the reader ends, nothing is freed under it
--SKIPIF--
<?php
if (PHP_VERSION_ID >= 80400) {
    die('skip PHP 8.4 allows switching in destructors');
}
?>
--FILE--
<?php
class Closes
{
    public function __construct(private $stream)
    {
    }

    public function __destruct()
    {
        echo 'fclose: ', json_encode(fclose($this->stream)), "\n";
    }
}

Tusk\run(function () {
    [$a, $b] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
    $ends = [];
    Tusk\go(function () use ($b, &$ends) {
        $ends[] = fread($b, 8192);
    });
    Tusk\go(function () use ($b, &$ends) {
        $ends[] = fgets($b);
    });
    Tusk\sleep(0.001);
    $object = new Closes($b);
    unset($object);
    echo 'the peer sees the end: ' . json_encode([fread($a, 10), feof($a)]) . "\n";
    Tusk\sleep(0.001);
    echo 'readers: ' . json_encode($ends) . "\n";
});
?>
--EXPECT--
fclose: true
the peer sees the end: ["",true]
readers: [false,false]
