--TEST--
Session: a model runs, says what it wants, and refuses what does not fit
--SKIPIF--
<?php require __DIR__ . "/../include/onnx.inc"; Tusk\Tests\skip_without_onnx(); ?>
--FILE--
<?php
declare(strict_types=1);
require __DIR__ . '/../include/attempt.inc';
require __DIR__ . '/../include/onnx.inc';
use function Tusk\Tests\{attempt, onnx_add};
use Tusk\Device\Tensor;
use Tusk\Infer\Session;
$session = new Session($path = onnx_add(), ['warmUp' => ['a' => [[1, 2]], 'b' => [[3, 4]]]]);
echo json_encode([$session->inputs(), $session->outputs(), $session->metadata()['producer']]), "\n";
$outputs = $session->run(['a' => [[1.5, 2], [3, 4]], 'b' => Tensor::fromArray([[10, 20], [30, 40]], 'f32')]);
echo json_encode([$outputs['sum']->toArray(), $outputs['sum']->shape(), $outputs['sum']->dtype()]), "\n";
// Shapes may change from run to run.
echo json_encode($session->run(['a' => [[1]], 'b' => [[2]]])['sum']->toArray()), "\n";
// An output is the next one's input.
$sum = $session->run(['a' => $outputs['sum'], 'b' => $outputs['sum']])['sum'];
unset($outputs, $session);
echo json_encode($sum->toArray()), "\n";
$session = new Session($path);
attempt('name', fn () => $session->run(['a' => [[1]], 'c' => [[1]]]));
attempt('missing', fn () => $session->run(['a' => [[1]]]));
attempt('type', fn () => $session->run(['a' => Tensor::fromArray([[1]], 'i64'), 'b' => [[1]]]));
attempt('rank', fn () => $session->run(['a' => [1], 'b' => [[1]]]));
attempt('no tensor', fn () => $session->run(['a' => 'text', 'b' => [[1]]]));
attempt('timeout', fn () => $session->run([], -1.0));
attempt('option', fn () => new Session($path, ['threads' => 3]));
attempt('runs', fn () => new Session($path, ['runs' => 65]));
attempt('provider', fn () => new Session($path, ['provider' => 'gpu']));
attempt('no file', fn () => new Session('/nowhere/model.onnx'));
attempt('clone', fn () => clone $session);
try { $session->run(['a' => [[1, 2], [3, 4]], 'b' => [[1, 2], [3, 4], [5, 6]]]); } catch (Tusk\DeviceException $e) { echo "the graph refused\n"; }
try { new Session(__FILE__); } catch (Tusk\UnsupportedException $e) { echo "no model\n"; }
?>
--EXPECTF--
[{"a":{"dtype":"f32","shape":["n","m"]},"b":{"dtype":"f32","shape":["n","m"]}},{"sum":{"dtype":"f32","shape":["n","m"]}},"tusk tests"]
[[[11.5,22],[33,44]],[2,2],"f32"]
[[3]]
[[23,44],[66,88]]
name: Tusk\MisuseError: cannot run a model: onnx%s: there is no input "c"; expected "a" f32[n, m], "b" f32[n, m]
missing: Tusk\MisuseError: cannot run a model: onnx%s: input "b" is missing; expected "a" f32[n, m], "b" f32[n, m]
type: Tusk\MisuseError: cannot run a model: onnx%s: input "a": expected f32[n, m], got i64[1, 1]
rank: Tusk\MisuseError: cannot run a model: onnx%s: input "a": expected f32[n, m], got f32[1]
no tensor: Tusk\MisuseError: input "a" must be a Tusk\Device\Tensor, or nested lists of numbers
timeout: ValueError: Tusk\Infer\Session::run(): Argument #2 ($timeout) must be zero or more seconds, -1 given
option: ValueError: Tusk\Infer\Session::__construct(): Argument #2 ($options) has the option "threads", which must be one of device, outputs, runs, provider, warmUp
runs: Tusk\MisuseError: cannot load a model: runs is 65, and must be from 0 to 64
provider: ValueError: Tusk\Infer\Session::__construct(): Argument #2 ($options) has the option "provider", which must be "cpu", "cuda" or "cann"
no file: Tusk\MisuseError: cannot load a model: /nowhere/model.onnx: No such file or directory (os error 2)
clone: Error: Trying to clone an uncloneable object of class Tusk\Infer\Session
the graph refused
no model
