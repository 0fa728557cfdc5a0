--TEST--
Session: an Ascend's own model (.om) on the simulated libascendcl, through the same interface
--SKIPIF--
<?php require __DIR__ . "/../include/device.inc"; Tusk\Tests\skip_without_simulated_devices(); ?>
--EXTENSIONS--
ffi
--FILE--
<?php
declare(strict_types=1);
require __DIR__ . '/../include/attempt.inc';
require __DIR__ . '/../include/device.inc';
use function Tusk\Tests\{attempt, control, simulate, simulated_om};
use Tusk\Device\{Device, Tensor};
use Tusk\Infer\{Batcher, Session};
simulate();
control('ascend', 1, 300);
$add = simulated_om("input a f32 -1,2\ninput b f32 -1,2\noutput sum f32 -1,2\nbatches 1,4,8\n");
$session = new Session($add, ['device' => 'ascend:0', 'warmUp' => ['a' => [[1, 2]], 'b' => [[3, 4]]]]);
echo json_encode([$session->inputs(), $session->outputs(), $session->metadata()]), "\n";
foreach ([1, 3, 8] as $rows) {
    $sum = $session->run(['a' => array_fill(0, $rows, [1, 2]), 'b' => Tensor::fromArray(array_fill(0, $rows, [10, 20]), 'f32')])['sum'];
    echo json_encode([$sum->shape(), $sum->toArray() === array_fill(0, $rows, [11.0, 22.0])]), "\n";
}
// Inputs and outputs stay on the device.
$npu = Device::ascend(0);
$kept = new Session($add, ['device' => 'ascend', 'outputs' => 'device']);
$a = Tensor::fromArray([[1, 2]], 'f32')->toDevice($npu);
$sum = $kept->run(['a' => $a, 'b' => $a])['sum'];
$sum = $kept->run(['a' => $sum, 'b' => $a])['sum'];
echo $sum::class, ' ', $sum->device()->kind(), ' ', json_encode($sum->toTensor()->toArray()), "\n";
echo json_encode($session->run(['a' => $sum, 'b' => $sum])['sum']->toArray()), "\n";
// Sessions of one file share one loaded model.
echo control('ascend', 18), " model\n";
// Side by side, and behind a Batcher.
$batcher = new Batcher($session, maxBatch: 8, maxDelay: 3600);
$all = [];
for ($i = 0; $i < 8; $i++) {
    $all[] = Tusk\go(fn () => $batcher->infer(['a' => [[$i, 0]], 'b' => [[100, 1]]])['sum']->toArray());
}
echo json_encode(array_map(fn ($one) => $one->join()[0][0], $all)), json_encode($batcher->stats()['sizes']), "\n";
attempt('rows', fn () => $session->run(['a' => array_fill(0, 9, [1, 2]), 'b' => array_fill(0, 9, [1, 2])]));
attempt('rows differ', fn () => $session->run(['a' => [[1, 2]], 'b' => [[1, 2], [3, 4]]]));
attempt('name', fn () => $session->run(['x' => [[1, 2]]]));
attempt('type', fn () => $session->run(['a' => Tensor::fromArray([[1, 2]], 'i64'), 'b' => [[1, 2]]]));
attempt('device', fn () => $session->run(['a' => Tensor::fromArray([[1, 2]], 'f32')->toDevice(Device::host()), 'b' => [[1, 2]]]));
attempt('no device', fn () => new Session($add));
attempt('gpu', fn () => new Session($add, ['device' => 'cuda:0']));
attempt('no file', fn () => new Session('/nowhere/m.om', ['device' => 'ascend:0']));
try { new Session(simulated_om('what'), ['device' => 'ascend:0']); } catch (Tusk\DeviceException $e) { echo $e->getMessage(), "\n"; }
attempt('no such device', fn () => new Session($add, ['device' => 'ascend:7']));
unset($session, $kept, $batcher, $sum, $a, $e);
// The last run's thread gives the model back.
while (control('ascend', 18) > 0) { Tusk\sleep(0.001); }
while ($npu->stats()['buffers'] > 0) { Tusk\sleep(0.001); }
foreach ([10, 12, 14, 15, 16] as $wrong) { echo control('ascend', $wrong), ' '; }
echo "\n";
?>
--EXPECTF--
[{"a":{"dtype":"f32","shape":["batch",2]},"b":{"dtype":"f32","shape":["batch",2]}},{"sum":{"dtype":"f32","shape":["batch",2]}},{"format":"om","device":"ascend:0","batches":"1,4,8"}]
[[1,2],true]
[[3,2],true]
[[8,2],true]
Tusk\Device\DeviceTensor ascend [[3,6]]
[[6,12]]
1 model
[100,101,102,103,104,105,106,107]{"8":1}
rows: Tusk\MisuseError: cannot run a model: the inputs have 9 rows, and the model takes 1 to 8
rows differ: Tusk\MisuseError: cannot run a model: input "b" has 2 rows, and "a" has 1
name: Tusk\MisuseError: cannot run a model: %s.om: there is no input "x"; expected "a" f32[batch, 2], "b" f32[batch, 2]
type: Tusk\MisuseError: cannot run a model: %s.om: input "a": expected f32[batch, 2], got i64[1, 2]
device: Tusk\MisuseError: cannot run a model: input "a" lies on host, and the model on ascend:0; copy it by toTensor() and toDevice()
no device: Tusk\MisuseError: cannot load a model: %s.om is a model for an Ascend NPU; say which one: ['device' => 'ascend:0']
gpu: Tusk\MisuseError: cannot load a model: %s.om is a model for an Ascend NPU; say which one: ['device' => 'ascend:0']
no file: Tusk\MisuseError: cannot load a model: /nowhere/m.om: No such file or directory (os error 2)
cannot load a model: ACL says INVALID_PARAM (100000) (%s.om on ascend:0); is it an .om model that atc made for this chip (--soc_version) and this CANN?
no such device: Tusk\DeviceException: cannot open a device: there is no ascend device 7, the driver has 2; CUDA_VISIBLE_DEVICES, ASCEND_RT_VISIBLE_DEVICES and MLU_VISIBLE_DEVICES hide devices
0 0 0 0 0 
