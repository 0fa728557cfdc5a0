--TEST--
Session on an .om model: timeout, cancel, a fork, and a device that fails
--SKIPIF--
<?php require __DIR__ . "/../include/device.inc"; Tusk\Tests\skip_without_simulated_devices(); ?>
--EXTENSIONS--
ffi
pcntl
posix
--FILE--
<?php
require __DIR__ . '/../include/attempt.inc';
require __DIR__ . '/../include/device.inc';
use function Tusk\Tests\{attempt, control, simulate, simulated_om};
use function Tusk\go;
use Tusk\Infer\Session;
simulate();
$path = simulated_om("input x f32 2\noutput y f32 2\ntimes 3\n");
$session = new Session($path, ['device' => 'ascend:0']);
echo json_encode($session->run(['x' => [1, 2]])['y']->toArray()), "\n";
// The device stands still.
control('ascend', 6, 1);
attempt('timeout', fn () => $session->run(['x' => [1, 2]], 0.01));
$runs = [];
for ($i = 0; $i < 6; $i++) { $runs[] = go(fn () => $session->run(['x' => [1, 2]])); }
Tusk\sleep(0);
foreach ($runs as $run) { $run->cancel(); }
foreach ($runs as $i => $run) { attempt("cancel $i", fn () => $run->join()); }
control('ascend', 6, 0);
echo json_encode($session->run(['x' => [2, 3]])['y']->toArray()), "\n";
if (!($child = pcntl_fork())) {
    attempt('in the child', fn () => $session->run(['x' => [1, 2]]));
    attempt('opened there', fn () => new Session($path, ['device' => 'ascend:0']));
    posix_kill(getmypid(), SIGKILL);
}
pcntl_waitpid($child, $status);
echo json_encode($session->run(['x' => [3, 4]])['y']->toArray()), "\n";
$fails = new Session(simulated_om("input x f32 2\noutput y f32 2\nfails\n"), ['device' => 'ascend:0']);
// Wherever it is noticed first; what a broken device may still use is never freed, and then reported.
attempt('fails', fn () => $fails->run(['x' => [1, 2]]));
echo "end\n";
?>
--EXPECTF--
[3,6]
timeout: Tusk\TimeoutException: Session::run() timed out
cancel 0: Tusk\CancelledException: the coroutine was cancelled
cancel 1: Tusk\CancelledException: the coroutine was cancelled
cancel 2: Tusk\CancelledException: the coroutine was cancelled
cancel 3: Tusk\CancelledException: the coroutine was cancelled
cancel 4: Tusk\CancelledException: the coroutine was cancelled
cancel 5: Tusk\CancelledException: the coroutine was cancelled
[6,9]
in the child: Tusk\MisuseError: cannot %s forked, %s; open %s
opened there: Tusk\MisuseError: cannot %s forked, %s; open %s
[9,12]
fails: Tusk\DeviceException: cannot %s: ACL says AICORE_EXCEPTION (507015); the context is broken for good: restart the worker
end%A
