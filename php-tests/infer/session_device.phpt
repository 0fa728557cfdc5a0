--TEST--
Session: inputs and outputs in the memory of a device (host memory, which ONNX Runtime takes as it is)
--SKIPIF--
<?php require __DIR__ . "/../include/onnx.inc"; Tusk\Tests\skip_without_onnx(); ?>
--FILE--
<?php
declare(strict_types=1);
require __DIR__ . '/../include/attempt.inc';
require __DIR__ . '/../include/onnx.inc';
use function Tusk\Tests\{attempt, onnx_add};
use Tusk\Device\{Device, DeviceTensor, Tensor};
use Tusk\Infer\{Batcher, Session};
$host = Device::host();
$session = new Session($path = onnx_add(), ['outputs' => 'device', 'warmUp' => ['a' => [[1, 2]], 'b' => [[3, 4]]]]);
$a = Tensor::fromArray([[1, 2], [3, 4]], 'f32')->toDevice($host);
echo json_encode([$a->dtype(), $a->shape(), $a->device()->kind(), $a->buffer()->size(), $a->toTensor()->toArray()]), "\n";
// Inputs of both kinds; the output is the next one's input.
$sum = $session->run(['a' => $a, 'b' => [[10, 20], [30, 40]]])['sum'];
echo $sum::class, ' ', json_encode([$sum->shape(), $sum->toTensor()->toArray()]), "\n";
$more = (new Session($path))->run(['a' => $sum, 'b' => $sum])['sum'];
echo $more::class, ' ', json_encode($more->toArray()), "\n";
// A buffer is a tensor where it lies, pinned or not, and what is written is seen.
$pinned = $host->pinned(100);
$pinned->write(pack('f4', 5, 6, 7, 8), 4);
$view = $pinned->view(4)->tensor('f32', [2, 2]);
echo json_encode($session->run(['a' => $view, 'b' => $view])['sum']->toTensor()->toArray()), "\n";
$pinned->write(pack('f', 100), 4);
echo json_encode($session->run(['a' => $view, 'b' => $view])['sum']->toTensor()->at(0)->toArray()), "\n";
// Outputs stay when session and inputs have gone; ours are counted, the library's are not.
unset($session, $a, $view, $pinned, $more);
echo json_encode([$sum->toTensor()->toArray(), $host->stats()['buffers']]), "\n";
$copy = $sum->buffer()->duplicate()->tensor('f32', [4]);
unset($sum);
echo json_encode($copy->toTensor()->toArray()), "\n";
// Many at a time, each with its own buffers.
$session = new Session($path, ['outputs' => 'device']);
$all = [];
for ($i = 0; $i < 50; $i++) {
    $all[] = Tusk\go(function () use ($session, $host, $i) {
        $x = Tensor::fromArray([[$i, 1]], 'f32')->toDevice($host);
        return $session->run(['a' => $x, 'b' => $x])['sum']->toTensor()->toArray() === [[2.0 * $i, 2.0]];
    });
}
echo json_encode(array_unique(array_map(fn ($one) => $one->join(), $all))), "\n";
attempt('shape', fn () => $copy->buffer()->tensor('f32', [5]));
attempt('type', fn () => $session->run(['a' => Tensor::fromArray([[1]], 'i64')->toDevice($host), 'b' => [[1]]]));
attempt('made', fn () => new DeviceTensor());
attempt('serialize', fn () => serialize($copy));
attempt('clone', fn () => clone $copy);
attempt('no device', fn () => Tensor::fromArray([1])->toDevice($copy));
attempt('batcher', fn () => (new Batcher($session, maxDelay: 0.0))->infer(['a' => $copy, 'b' => [[1]]]));
attempt('outputs', fn () => new Session($path, ['outputs' => 'gpu']));
attempt('device', fn () => new Session($path, ['device' => 'cuda:x']));
attempt('cambricon', fn () => new Session($path, ['device' => 'cambricon:0']));
?>
--EXPECTF--
["f32",[2,2],"host",16,[[1,2],[3,4]]]
Tusk\Device\DeviceTensor [[2,2],[[11,22],[33,44]]]
Tusk\Device\Tensor [[22,44],[66,88]]
[[10,12],[14,16]]
[200,12]
[[[11,22],[33,44]],0]
[11,22,33,44]
[true]
shape: Tusk\MisuseError: cannot make a tensor: f32[5] does not fit a buffer of 16 bytes
type: Tusk\MisuseError: cannot run a model: onnx%s: input "a": expected f32[n, m], got i64[1, 1] on host
made: Tusk\MisuseError: a DeviceTensor is made by Tensor::toDevice(), Buffer::tensor() or Session::run()
serialize: Tusk\MisuseError: a Tusk\Device\DeviceTensor cannot be serialized: its memory is the device's and this process's; serialize toTensor()->toString(), or hand it on with toTensor()->share()
clone: Error: Trying to clone an uncloneable object of class Tusk\Device\DeviceTensor
no device: TypeError: Tusk\Device\Tensor::toDevice(): Argument #1 ($device) must be of type Tusk\Device\Device
batcher: Tusk\MisuseError: input "a" lies on a device, which only Session::run() reaches: use toTensor()
outputs: ValueError: Tusk\Infer\Session::__construct(): Argument #2 ($options) has the option "outputs", which must be "host" or "device"
device: ValueError: Tusk\Infer\Session::__construct(): Argument #2 ($options) has the option "device", which must be "cpu", "cuda:0", "ascend:0" or another number
cambricon: ValueError: Tusk\Infer\Session::__construct(): Argument #2 ($options) has the option "device", which must be "cpu", "cuda:0", "ascend:0" or another number
