--TEST--
CONTRACT 6: in a destructor, where PHP 8.2 and 8.3 forbid a switch, hooks make PHP's own calls
--SKIPIF--
<?php
if (PHP_VERSION_ID >= 80400) {
    die('skip PHP 8.4 allows switching in destructors');
}
?>
--FILE--
<?php
class Waits
{
    public function __construct(private $mine, private $other)
    {
    }

    public function __destruct()
    {
        stream_set_timeout($this->mine, 0, 20000);
        echo 'read: ', json_encode(fread($this->mine, 10)), ' ', json_encode(stream_get_meta_data($this->mine)['timed_out']), "\n";
        fwrite($this->other, 'text');
        echo 'read: ', fread($this->mine, 10), "\n";
        $read = [$this->mine];
        echo 'select: ', stream_select($read, $none, $none, 0, 10000), "\n";
        echo 'sleep: ', json_encode([usleep(1000), time_nanosleep(0, 1000)]), "\n";
        echo 'name: ', gethostbyname('localhost'), "\n";
        $server = stream_socket_server('tcp://127.0.0.1:0');
        $client = stream_socket_client('tcp://' . stream_socket_get_name($server, false));
        echo 'accept: ', json_encode(is_resource(stream_socket_accept($server, 1))), "\n";
    }
}

Tusk\run(function () {
    Tusk\go(function () {
        Tusk\sleep(0.001);
        echo "the other coroutine waited until the destructor was done\n";
    });
    [$a, $b] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
    $object = new Waits($a, $b);
    Tusk\sleep(0);
    unset($object);

    // In the garbage collector as well.
    $cycle = new stdClass;
    $cycle->self = $cycle;
    $cycle->waits = new Waits(...stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0));
    unset($cycle);
    gc_collect_cycles();
});
?>
--EXPECT--
read: false true
read: text
select: 0
sleep: [null,true]
name: 127.0.0.1
accept: true
read: false true
read: text
select: 0
sleep: [null,true]
name: 127.0.0.1
accept: true
the other coroutine waited until the destructor was done
