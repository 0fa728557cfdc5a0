--TEST--
grpc/grpc: timeouts in microseconds, cancel by the call and by the coroutine, in a forked child
--EXTENSIONS--
pcntl
--SKIPIF--
<?php require __DIR__ . '/../include/grpc.inc'; require __DIR__ . '/../include/autoload.inc'; Tusk\Tests\skip_without_grpc_server(); Tusk\Tests\skip_without_package('grpc/grpc'); extension_loaded('grpc') && exit('skip ext-grpc is loaded, and its own classes are used'); ?>
--FILE--
<?php
require __DIR__ . '/../include/grpc_stub.inc';
use Tusk\Tests\Text;
use function Tusk\Tests\{failure, until_calls};
$server = Tusk\Tests\GrpcServer::start();
$client = Tusk\Tests\insecure_client($server);
$watch = $server->channel();
// A deadline is the connection's, too: on a busy machine it could pass before the server saw the call.
$client->waitForReady(30_000_000);
[$answer, $status] = $client->Delay(new Text('60000'), [], ['timeout' => 300_000])->wait();
echo json_encode($answer), ' ', $status->code === Grpc\STATUS_DEADLINE_EXCEEDED ? 'deadline' : $status->code, "\n";
until_calls($watch, '1:1');
$call = $client->Delay(new Text('60000'));
$waits = Tusk\go(fn () => $call->wait()[1]->code);
until_calls($watch, '2:1');
$call->cancel();
echo $waits->join() === Grpc\STATUS_CANCELLED ? 'cancelled' : 'not', "\n";
until_calls($watch, '2:2');
$waits = Tusk\go(fn () => $client->Delay(new Text('60000'))->wait());
until_calls($watch, '3:2');
$waits->cancel();
echo failure(fn () => $waits->join()), "\n";
until_calls($watch, '3:3');
$pid = pcntl_fork();
if ($pid === 0) {
    echo failure(fn () => $client->Echo(new Text('x'))->wait()), "\n";
    echo Tusk\Tests\insecure_client($server)->Echo(new Text('child'))->wait()[0]->text, "\n";
    exit;
}
pcntl_waitpid($pid, $code);
echo $client->Echo(new Text('parent'))->wait()[0]->text, "\n";
?>
--EXPECT--
null deadline
cancelled
Tusk\CancelledException 0
Tusk\MisuseError 0
child
parent
