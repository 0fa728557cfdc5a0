--TEST--
The child of a fork is told to open its own channel, which works; the parent's goes on
--EXTENSIONS--
pcntl
--SKIPIF--
<?php require __DIR__ . '/../include/grpc.inc'; Tusk\Tests\skip_without_grpc_server(); ?>
--FILE--
<?php
require __DIR__ . '/../include/grpc.inc';
use function Tusk\Tests\{failure, until_calls};
$server = Tusk\Tests\GrpcServer::start();
$channel = $server->channel();
echo $channel->unary('/tusk.Test/Echo', 'before'), "\n";
$call = new Tusk\Grpc\Call($channel, '/tusk.Test/Drip', message: '1000000:1');
$call->receive();
$pid = pcntl_fork();
if ($pid === 0) {
    echo failure(fn () => $channel->unary('/tusk.Test/Echo', ''), true), "\n";
    echo failure(fn () => $call->receive()), "\n";
    unset($call, $channel);
    $own = $server->channel();
    echo $own->unary('/tusk.Test/Echo', 'child'), "\n";
    $joined = Tusk\go(fn () => $own->unary('/tusk.Test/Echo', 'coroutine of the child'));
    echo $joined->join(), "\n";
    exit(7);
}
pcntl_waitpid($pid, $status);
echo pcntl_wexitstatus($status), "\n";
echo is_string($call->receive()) ? 'the stream goes on' : 'it ended', "\n";
echo $channel->unary('/tusk.Test/Echo', 'parent'), "\n";
// The child holds no copy of the connection: the server sees it end with the parent's.
until_calls($channel, '1:0');
$pid = pcntl_fork();
if ($pid === 0) {
    Tusk\sleep(30);
    exit;
}
unset($call);
until_calls($channel, '1:1');
$channel->close();
echo $server->channel()->unary('/tusk.Test/Echo', 'anew'), "\n";
posix_kill($pid, SIGKILL);
?>
--EXPECT--
before
Tusk\MisuseError 0 cannot use a gRPC channel: it was opened before this process forked, and its connections belong to the parent; open it in the child: in workerman, in onWorkerStart
Tusk\MisuseError 0
child
coroutine of the child
7
the stream goes on
parent
anew
