--TEST--
Remote: failures of the model, and answers that the protocol does not allow
--SKIPIF--
<?php require __DIR__ . '/../include/kserve.inc'; Tusk\Tests\skip_without_kserve_server(); ?>
--FILE--
<?php
require __DIR__ . '/../include/kserve.inc';
use Tusk\Tests\KserveServer;
use function Tusk\Tests\{ask, free_port};
$server = KserveServer::start();
foreach (['fail', 'nothing', 'garbage', 'short', 'absurd', 'strings'] as $model) {
    ask($server, $model, fn ($way) => $server->model($way, $model)->run([]));
}
ask($server, 'metadata', fn ($way) => $server->model($way, 'nothing')->inputs());
ask($server, 'outputs', fn ($way) => $server->model($way, 'strings')->outputs());
ask($server, 'too long', function ($way) use ($server) {
    try { $server->model($way, 'huge', ['maxReceive' => 1 << 20])->run([]); } catch (Tusk\OverloadedException $late) {
        return str_contains($late->getMessage(), '1048576 bytes');
    }
});
ask($server, 'long', fn ($way) => $server->model($way, 'huge')->run([])['y']->shape());
// A connection goes amid an answer; the next request makes a new one.
$model = $server->model('http', 'disconnect');
ask($server, 'disconnect', fn ($way) => $way === 'http' ? $model->run([]) : null);
ask($server, 'afterwards', fn ($way) => $way === 'http' ? $model->ready() : null);
// Nobody there, and somebody who speaks something else.
$nobody = free_port();
foreach (["grpc://127.0.0.1:$nobody/m", "http://127.0.0.1:$nobody/m", "http://127.0.0.1:$server->grpc/m", "grpc://127.0.0.1:$server->http/m"] as $url) {
    try {
        var_dump((new Tusk\Infer\Remote($url, ['calls' => 2]))->ready());
    } catch (Tusk\ConnectionException | Tusk\ProtocolException) {
        // Whether its words or its going comes first is the kernel's choice.
        echo "refused\n";
    }
}
// The last gRPC server of this test ends itself.
$model = $server->model('grpc', 'disconnect');
try {
    $model->run([]);
} catch (Tusk\ConnectionException $failure) {
    echo $failure->getCode(), "\n";
}
?>
--EXPECT--
fail, grpc: Tusk\RemoteException 3: cannot ask an inference server: INVALID_ARGUMENT (3): the model said no (grpc://127.0.0.1:GRPC/fail)
fail, http: Tusk\RemoteException 400: cannot ask an inference server: HTTP 400: the model said no (http://127.0.0.1:HTTP/v2/models/fail)
nothing, grpc: Tusk\RemoteException 5: cannot ask an inference server: NOT_FOUND (5): there is no model nothing (grpc://127.0.0.1:GRPC/nothing)
nothing, http: Tusk\RemoteException 404: cannot ask an inference server: HTTP 404: there is no model nothing (http://127.0.0.1:HTTP/v2/models/nothing)
garbage, grpc: Tusk\ProtocolException: cannot ask an inference server: its message is none of the protocol's: failed to decode Protobuf message: invalid wire type value: 7 (grpc://127.0.0.1:GRPC/garbage)
garbage, http: Tusk\ProtocolException: cannot ask an inference server: it is no JSON (expected value at line 1 column 1): "� nonsense" (http://127.0.0.1:HTTP/v2/models/garbage)
short, grpc: Tusk\ProtocolException: cannot ask an inference server: output "y" is said to be FP32 [4], but came with 12 bytes (grpc://127.0.0.1:GRPC/short)
short, http: Tusk\ProtocolException: cannot ask an inference server: output "y" is said to be FP32 [4], but came with 12 bytes (http://127.0.0.1:HTTP/v2/models/short)
absurd, grpc: Tusk\ProtocolException: cannot ask an inference server: output "y" has the shape [-3, 9223372036854775807] (grpc://127.0.0.1:GRPC/absurd)
absurd, http: Tusk\ProtocolException: cannot ask an inference server: output "y" has the shape [-3, 9223372036854775807] (http://127.0.0.1:HTTP/v2/models/absurd)
strings, grpc: Tusk\UnsupportedException: cannot ask an inference server: output "y" is BYTES, and tensors of that type are not supported (grpc://127.0.0.1:GRPC/strings); let the model give numbers, or cast them on the server (bool, i8 to i64, u8, f16, bf16, f32 and f64 are supported)
strings, http: Tusk\UnsupportedException: cannot ask an inference server: output "y" is BYTES, and tensors of that type are not supported (http://127.0.0.1:HTTP/v2/models/strings); let the model give numbers, or cast them on the server (bool, i8 to i64, u8, f16, bf16, f32 and f64 are supported)
metadata, grpc: Tusk\RemoteException 5: cannot ask an inference server: NOT_FOUND (5): there is no model nothing (grpc://127.0.0.1:GRPC/nothing)
metadata, http: Tusk\RemoteException 404: cannot ask an inference server: HTTP 404: there is no model nothing (http://127.0.0.1:HTTP/v2/models/nothing)
outputs, grpc: {"y":{"dtype":"BYTES","shape":[1]}}
outputs, http: {"y":{"dtype":"BYTES","shape":[1]}}
too long, grpc: true
too long, http: true
long, grpc: [3145728]
long, http: [3145728]
disconnect, grpc: null
disconnect, http: Tusk\ConnectionException: cannot ask an inference server: ipv4:127.0.0.1:HTTP ended the connection before all of the answer was there (connection closed before message completed), and the request may have been executed (http://127.0.0.1:HTTP/v2/models/disconnect)
afterwards, grpc: null
afterwards, http: true
refused
refused
refused
refused
14
