--TEST--
getTrace() shows where a coroutine is
--FILE--
<?php
function outer() { inner(); }
function inner() { Tusk\sleep(60); }
$coroutine = Tusk\go('outer');
echo json_encode($coroutine->getTrace()), "\n";
Tusk\sleep(0);
foreach ($coroutine->getTrace() as $frame) {
    echo $frame['function'], ' ', isset($frame['file']) ? basename($frame['file']) . ':' . $frame['line'] : '-', isset($frame['args']) ? ' with arguments' : '', "\n";
}
function own() { return Tusk\Coroutine::current()->getTrace(); }
echo implode(' ', array_column(own(), 'function')), "\n";
echo implode(' ', array_column(Tusk\go('own')->join(), 'function')), "\n";
$main = Tusk\Coroutine::current();
function waits() { Tusk\sleep(0.001); }
$seen = Tusk\go(fn () => $main->getTrace());
waits();
echo implode(' ', array_column($seen->join(), 'function')), "\n";
$coroutine->cancel();
Tusk\sleep(0.001);
echo json_encode($coroutine->getTrace()), "\n";
$in_fiber = Tusk\go(function () { (new Fiber('outer'))->start(); });
Tusk\sleep(0);
echo implode(' ', array_column($in_fiber->getTrace(), 'function')), "\n";
$in_fiber->cancel();
?>
--EXPECTF--
[]
Tusk\sleep %s:3
inner %s:2
outer -
getTrace own
getTrace own
Tusk\sleep waits
[]
Tusk\sleep inner outer start {closure%S}
