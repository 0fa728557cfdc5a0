--TEST--
Metadata both ways: repeated names, binary values, trailing metadata, what is refused
--SKIPIF--
<?php require __DIR__ . '/../include/grpc.inc'; Tusk\Tests\skip_without_grpc_server(); ?>
--FILE--
<?php
require __DIR__ . '/../include/grpc.inc';
use Tusk\Grpc\Call;
use function Tusk\Tests\failure;
$channel = Tusk\Tests\GrpcServer::start()->channel(['userAgent' => 'test/1']);
$call = new Call($channel, '/tusk.Test/Echo', ['Echo-Name' => ['one', 'two'], 'echo-raw-bin' => "\0\xff\n"], message: 'x');
$headers = $call->headers();
echo json_encode($headers['echo-name']), ' ', bin2hex($headers['echo-raw-bin'][0]), "\n";
$call = new Call($channel, '/tusk.Test/Fail', message: '7:words with ü and 100%');
$status = $call->status();
echo $status['code'], ' ', $status['details'], ' ', $status['metadata']['x-why'][0], ' ',
    bin2hex($status['metadata']['grpc-status-details-bin'][0]), "\n";
foreach (explode("\n", $channel->unary('/tusk.Test/Headers', '', timeout: 100)) as $line) {
    if (preg_match('/^(user-agent|te|content-type|grpc-accept-encoding): /', $line)) {
        echo preg_replace('#tusk-grpc/.*#', 'tusk-grpc', $line), "\n";
    }
}
foreach ([['a b' => 'x'], ['grpc-timeout' => 'x'], ['name' => "a\nb"], ['name' => 1], ['' => 'x']] as $bad) {
    echo failure(fn () => $channel->unary('/tusk.Test/Echo', '', $bad), true), "\n";
}
?>
--EXPECT--
["one","two"] 00ff0a
7 words with ü and 100% asked for 0805ff
te: trailers
content-type: application/grpc
user-agent: test/1 tusk-grpc
grpc-accept-encoding: identity,gzip
Tusk\MisuseError 0 cannot send metadata: "a b" is no name for it: letters, digits, hyphens, underscores and dots are allowed
Tusk\MisuseError 0 cannot send metadata: "grpc-timeout" belongs to gRPC itself
Tusk\MisuseError 0 cannot send metadata: the value of "name" is not printable ASCII; name it "name-bin" to send bytes
ValueError 0 Tusk\Grpc\Channel::unary(): Argument #3 ($metadata) must be an array of names to strings or lists of strings
Tusk\MisuseError 0 cannot send metadata: "" is no name for it: letters, digits, hyphens, underscores and dots are allowed
