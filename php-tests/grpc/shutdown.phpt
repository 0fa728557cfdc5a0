--TEST--
A script ends with calls under way, by its end, by exit() in a coroutine and by a fatal error
--SKIPIF--
<?php require __DIR__ . '/../include/grpc.inc'; Tusk\Tests\skip_without_grpc_server(); ?>
--FILE--
<?php
require __DIR__ . '/../include/grpc.inc';
use function Tusk\Tests\until_calls;
$server = Tusk\Tests\GrpcServer::start();
$begin = '$c = new Tusk\Grpc\Channel("' . $server->target() . '"); $call = new Tusk\Grpc\Call($c, "/tusk.Test/Drip", message: "100000:1");
    echo $call->receive();
    $other = Tusk\go(fn () => $c->unary("/tusk.Test/Delay", "60000")); Tusk\sleep(0.0);';
foreach ([
    'end' => '$other->cancel(); unset($other); echo " end";',
    'exit' => 'Tusk\go(function () { echo " exit"; exit(3); })->join();',
    'fatal' => 'echo " fatal"; nothing();',
    'destructor' => 'final class D { function __construct(public $c) {} function __destruct() { try { $this->c->unary("/tusk.Test/Echo", ""); } catch (Tusk\MisuseError) { echo " misuse"; } } } $d = new D($c); unset($d); $other->cancel();',
] as $body) {
    $process = Tusk\Tests\Process::start([...Tusk\Tests\php_with_tusk(), '-d', 'display_errors=0', '-r', $begin . $body]);
    echo $process->wait(), ' ', $process->output(), "\n";
}
// The second call was cancelled, or its script ended, before its turn to be sent came.
until_calls($server->channel(), '4:4');
?>
--EXPECT--
0 0 end
3 0 exit
255 0 fatal
0 0 misuse
