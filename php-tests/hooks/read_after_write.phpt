--TEST--
A read after a write waits without a look: for an answer that is there, one that comes later, none in time, and the end
--FILE--
<?php
use function Tusk\go;

function ask(string $what, $client, callable $answer): void
{
    $result = go(function () use ($client, $answer) {
        fwrite($client, "request\n");
        $answer();
        return [fgets($client), stream_get_meta_data($client)['timed_out'], feof($client)];
    })->join();
    echo "$what: ", json_encode($result), "\n";
}

Tusk\run(function () {
    [$client, $server] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
    ask('there already', $client, fn () => fwrite($server, fgets($server)));
    ask('later', $client, fn () => go(fn () => fwrite($server, fgets($server))));
    ask('in two parts', $client, fn () => go(function () use ($server) {
        fgets($server);
        fwrite($server, 'one ');
        Tusk\sleep(0.001);
        fwrite($server, "two\n");
    }));
    stream_set_timeout($client, 0, 2000);
    ask('not in time', $client, fn () => null);
    stream_set_timeout($client, 60);
    ask('after all', $client, fn () => fwrite($server, "late\n"));
    ask('the end', $client, fn () => stream_socket_shutdown($server, STREAM_SHUT_WR));

    // The number of a descriptor on which a request had gone out is another file's.
    [$client, $server] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
    fwrite($client, "request\n");
    fclose($client);
    [$next, $peer] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
    fwrite($peer, "hello\n");
    var_dump(fgets($next));
});
?>
--EXPECT--
there already: ["request\n",false,false]
later: ["request\n",false,false]
in two parts: ["one two\n",false,false]
not in time: [false,true,false]
after all: ["late\n",false,false]
the end: [false,false,true]
string(6) "hello
"
