--TEST--
Session on an .om model: the script ends while runs are at it and wait
--SKIPIF--
<?php require __DIR__ . "/../include/device.inc"; Tusk\Tests\skip_without_simulated_devices(); ?>
--EXTENSIONS--
ffi
--FILE--
<?php
require __DIR__ . '/../include/device.inc';
use function Tusk\Tests\{control, simulate, simulated_om};
use function Tusk\go;
use Tusk\Infer\Session;
simulate();
control('ascend', 1, 3000);
$session = new Session(simulated_om("input x f32 2\noutput y f32 2\ntimes 3\n"), ['device' => 'ascend:0', 'outputs' => 'device']);
$kept = $session->run(['x' => [1, 2]])['y'];
for ($i = 0; $i < 10; $i++) {
    go(fn () => $session->run(['x' => $i % 2 ? $kept : [1, 2]]));
}
Tusk\sleep(0);
echo "end\n";
exit(0);
?>
--EXPECT--
end
