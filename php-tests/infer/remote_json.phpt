--TEST--
Remote: servers and answers without the binary extension; typed contents over gRPC
--SKIPIF--
<?php require __DIR__ . '/../include/kserve.inc'; Tusk\Tests\skip_without_kserve_server(); ?>
--FILE--
<?php
require __DIR__ . '/../include/kserve.inc';
use Tusk\Device\Tensor;
use Tusk\Infer\Remote;
use Tusk\Tests\KserveServer;
use function Tusk\Tests\ask;
$server = KserveServer::start();
$tensors = [];
foreach (['bool' => [true, false], 'i8' => [-128, 127], 'i64' => [PHP_INT_MIN, PHP_INT_MAX], 'f32' => [0.1, -3.5e20]] as $dtype => $numbers) {
    $tensors[$dtype] = Tensor::fromArray([$numbers], $dtype);
}
$same = function (array $outputs) use ($tensors): array {
    foreach ($outputs as $name => $tensor) {
        $outputs[$name] = [$tensor->dtype(), $tensor->shape(), $tensor->toString() === $tensors[$name]->toString()];
    }
    return $outputs;
};
ask($server, 'answer', fn ($way) => $same($server->model($way, 'plain')->run($tensors)));
ask($server, 'both', fn ($way) => $way === 'http' ? $same($server->model($way, 'echo', ['binary' => false])->run($tensors)) : null);
// A server that says it has no extensions, behind a path; it knows nothing but runs.
$old = new Remote("http://127.0.0.1:$server->http/old/v2/models/echo");
ask($server, 'no extension', function ($way) use ($old, $same, $tensors) {
    return $way === 'http' ? $same($old->run($tensors)) : null;
});
$half = ['x' => Tensor::fromArray([1, 2], 'f16')];
$endless = ['x' => Tensor::fromArray([INF, NAN], 'f32')];
foreach ([$half, $endless] as $inputs) {
    ask($server, 'JSON cannot say it', fn ($way) => $server->model($way, 'echo', $way === 'http' ? ['binary' => false] : [])->run($inputs)['x']->dtype());
}
?>
--EXPECT--
answer, grpc: {"bool":["bool",[1,2],true],"i8":["i8",[1,2],true],"i64":["i64",[1,2],true],"f32":["f32",[1,2],true]}
answer, http: {"bool":["bool",[1,2],true],"i8":["i8",[1,2],true],"i64":["i64",[1,2],true],"f32":["f32",[1,2],true]}
both, grpc: null
both, http: {"bool":["bool",[1,2],true],"i8":["i8",[1,2],true],"i64":["i64",[1,2],true],"f32":["f32",[1,2],true]}
no extension, grpc: null
no extension, http: {"bool":["bool",[1,2],true],"i8":["i8",[1,2],true],"i64":["i64",[1,2],true],"f32":["f32",[1,2],true]}
JSON cannot say it, grpc: "f16"
JSON cannot say it, http: Tusk\UnsupportedException: cannot ask an inference server: input "x" is f16[2], which JSON cannot say (http://127.0.0.1:HTTP/v2/models/echo); use a server with the binary tensor data extension, or gRPC
JSON cannot say it, grpc: "f32"
JSON cannot say it, http: Tusk\UnsupportedException: cannot ask an inference server: input "x" is inf, which JSON cannot say (http://127.0.0.1:HTTP/v2/models/echo); use a server with the binary tensor data extension, or gRPC
