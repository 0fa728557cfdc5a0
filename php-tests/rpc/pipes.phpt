--TEST--
Goridge over pipes: RoadRunner's relay to a worker; when a pipe ends, that is the end
--SKIPIF--
<?php
require __DIR__ . '/../include/goridge.inc';
Tusk\Tests\skip_without_goridge_server();
?>
--FILE--
<?php
require __DIR__ . '/../include/goridge.inc';

// The server's stdin and stdout are the client's stdout and stdin.
$script = <<<'PHP'
$rpc = Tusk\Rpc\Goridge::connect('pipes://stdin:stdout');
$say = fn (string $text) => fwrite(STDERR, "$text\n");
$all = [];
for ($i = 0; $i < 20; $i++) {
    $all[] = Tusk\go(fn () => $rpc->call('Test.Echo', $i) === $i);
}
$say(json_encode(array_unique(array_map(fn ($coroutine) => $coroutine->join(), $all))));
$big = str_repeat('x', 300_000);
$say(json_encode($rpc->call('Test.Echo', $big, 10) === $big));
try {
    $rpc->call('Test.Stray', 'Warning: x', 5);
} catch (Tusk\ProtocolException $error) {
    $say(json_encode(str_contains($error->getMessage(), "a worker's echo or warning breaks the frames")));
}
try {
    $rpc->call('Test.Echo', 1, 5);
} catch (Tusk\ConnectionException $error) {
    $say($error->getMessage());
}
PHP;
$server = proc_open([Tusk\Tests\own_server('goridge_server'), 'stdio'], [['pipe', 'r'], ['pipe', 'w'], STDERR], $ends);
$client = proc_open([...Tusk\Tests\php_with_tusk(), '-r', $script], [$ends[1], $ends[0], ['pipe', 'w']], $pipes);
fclose($ends[0]);
fclose($ends[1]);
echo stream_get_contents($pipes[2]);
proc_close($client);
proc_close($server);
?>
--EXPECT--
[true]
true
true
cannot make a call: the client of pipes://stdin:stdout was closed
