--TEST--
Remote: runs, metadata and health over gRPC and HTTP; every element type; inputs that do not fit
--SKIPIF--
<?php require __DIR__ . '/../include/kserve.inc'; Tusk\Tests\skip_without_kserve_server(); ?>
--FILE--
<?php
require __DIR__ . '/../include/kserve.inc';
use Tusk\Device\Tensor;
use Tusk\Tests\KserveServer;
use function Tusk\Tests\ask;
$server = KserveServer::start();
$add = ['grpc' => $server->model('grpc', 'add'), 'http' => $server->model('http', 'add')];
ask($server, 'inputs', fn ($way) => $add[$way]->inputs());
ask($server, 'outputs', fn ($way) => $add[$way]->outputs());
ask($server, 'metadata', fn ($way) => $add[$way]->metadata());
ask($server, 'server', fn ($way) => $add[$way]->server());
ask($server, 'health', fn ($way) => [$add[$way]->live(), $add[$way]->ready(), $add[$way]->modelReady(), $server->model($way, 'asleep')->modelReady(), $server->model($way, 'nothing')->modelReady()]);
ask($server, 'run', fn ($way) => $add[$way]->run(['a' => [[1.5, 2], [3, 4]], 'b' => Tensor::fromArray([[10, 20], [30, 40]], 'f32')])['sum']->toArray());
// A view with gaps, and an output as the next one's input.
$columns = Tensor::fromArray([[1, 2, 3], [4, 5, 6]], 'f32')->slice(1, 0, 2, 2);
ask($server, 'views', function ($way) use ($add, $columns) {
    $sum = $add[$way]->run(['a' => $columns, 'b' => $columns])['sum'];
    return $add[$way]->run(['a' => $sum, 'b' => $sum])['sum']->toArray();
});
ask($server, 'empty', fn ($way) => $add[$way]->run(['a' => Tensor::fromString('', 'f32', [0, 3]), 'b' => Tensor::fromString('', 'f32', [0, 3])])['sum']->shape());
$tensors = [];
foreach (['bool', 'u8', 'i8', 'i16', 'i32', 'i64', 'f16', 'bf16', 'f32', 'f64'] as $dtype) {
    $tensors[$dtype] = Tensor::fromArray([[0, 1], [1, 1]], $dtype);
}
ask($server, 'echo', function ($way) use ($server, $tensors) {
    $same = [];
    foreach ($server->model($way, 'echo')->run($tensors) as $name => $tensor) {
        $same[] = $tensor->dtype() === $name && $tensor->shape() === [2, 2] && $tensor->toString() === $tensors[$name]->toString();
    }
    return [count($same), !in_array(false, $same, true)];
});
// So much is put into its request on a thread.
ask($server, 'large', function ($way) use ($server) {
    $bytes = random_bytes(5 << 20);
    $same = $server->model($way, 'echo')->run(['x' => Tensor::fromString($bytes, 'u8', [5, 1 << 20])])['x'];
    return [$same->shape(), $same->toString() === $bytes];
});
ask($server, 'name', fn ($way) => $add[$way]->run(['a' => [[1]], 'c' => [[1]]]));
ask($server, 'missing', fn ($way) => $add[$way]->run(['a' => [[1]]]));
ask($server, 'type', fn ($way) => $add[$way]->run(['a' => Tensor::fromArray([[1]], 'i64'), 'b' => [[1]]]));
ask($server, 'rank', fn ($way) => $add[$way]->run(['a' => [1], 'b' => [[1]]]));
ask($server, 'no tensor', fn ($way) => $add[$way]->run(['a' => 'text', 'b' => [[1]]]));
ask($server, 'version', fn ($way) => $server->model($way, 'add/versions/1')->run(['a' => [[1]], 'b' => [[2]]])['sum']->toArray());
?>
--EXPECT--
inputs, grpc: {"a":{"dtype":"f32","shape":[null,null]},"b":{"dtype":"f32","shape":[null,null]}}
inputs, http: {"a":{"dtype":"f32","shape":[null,null]},"b":{"dtype":"f32","shape":[null,null]}}
outputs, grpc: {"sum":{"dtype":"f32","shape":[null,null]}}
outputs, http: {"sum":{"dtype":"f32","shape":[null,null]}}
metadata, grpc: {"name":"add","platform":"test","versions":["1"]}
metadata, http: {"name":"add","platform":"test","versions":["1"]}
server, grpc: {"name":"tusk tests","version":"1","extensions":["binary_tensor_data"]}
server, http: {"name":"tusk tests","version":"1","extensions":["binary_tensor_data"]}
health, grpc: [true,true,true,false,false]
health, http: [true,true,true,false,false]
run, grpc: [[11.5,22],[33,44]]
run, http: [[11.5,22],[33,44]]
views, grpc: [[4,12],[16,24]]
views, http: [[4,12],[16,24]]
empty, grpc: [0,3]
empty, http: [0,3]
echo, grpc: [10,true]
echo, http: [10,true]
large, grpc: [[5,1048576],true]
large, http: [[5,1048576],true]
name, grpc: Tusk\MisuseError: cannot run a model: add: there is no input "c"; expected "a" f32[?, ?], "b" f32[?, ?]
name, http: Tusk\MisuseError: cannot run a model: add: there is no input "c"; expected "a" f32[?, ?], "b" f32[?, ?]
missing, grpc: Tusk\RemoteException 3: cannot ask an inference server: INVALID_ARGUMENT (3): add wants a and b, got 1 inputs (grpc://127.0.0.1:GRPC/add)
missing, http: Tusk\RemoteException 400: cannot ask an inference server: HTTP 400: add wants a and b, got 1 inputs (http://127.0.0.1:HTTP/v2/models/add)
type, grpc: Tusk\MisuseError: cannot run a model: add: input "a": expected f32[?, ?], got i64[1, 1]
type, http: Tusk\MisuseError: cannot run a model: add: input "a": expected f32[?, ?], got i64[1, 1]
rank, grpc: Tusk\MisuseError: cannot run a model: add: input "a": expected f32[?, ?], got f32[1]
rank, http: Tusk\MisuseError: cannot run a model: add: input "a": expected f32[?, ?], got f32[1]
no tensor, grpc: Tusk\MisuseError: input "a" must be a Tusk\Device\Tensor, or nested lists of numbers
no tensor, http: Tusk\MisuseError: input "a" must be a Tusk\Device\Tensor, or nested lists of numbers
version, grpc: [[3]]
version, http: [[3]]
