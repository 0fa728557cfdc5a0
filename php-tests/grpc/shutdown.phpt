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
    // A destructor may wait since PHP 8.4: it is answered there, and the calls before it were sent.
    'destructor' => 'final class D { function __construct(public $c) {} function __destruct() { try { $this->c->unary("/tusk.Test/Echo", ""); echo PHP_VERSION_ID < 80400 ? " answered" : " misuse or answer"; } catch (Tusk\MisuseError) { echo PHP_VERSION_ID < 80400 ? " misuse or answer" : " misuse"; } } } $d = new D($c); unset($d); $other->cancel();',
] as $body) {
    $process = Tusk\Tests\Process::start([...Tusk\Tests\php_with_tusk(), '-d', 'display_errors=0', '-r', $begin . $body]);
    echo $process->wait(), ' ', $process->output(), "\n";
}
// The second call was cancelled, or its script ended, before its turn to be sent came.
until_calls($server->channel(), PHP_VERSION_ID < 80400 ? '4:4' : '5:5');
?>
--EXPECT--
0 0 end
3 0 exit
255 0 fatal
0 0 misuse or answer
