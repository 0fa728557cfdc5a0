--TEST--
metrics() is Prometheus' text format
--FILE--
<?php
use Tusk\Runtime;
for ($i = 0; $i < 3; $i++) { Tusk\go(fn () => Tusk\sleep(60)); }
Tusk\sleep(0.001);
$page = Runtime::metrics();
$families = [];
foreach (explode("\n", rtrim($page, "\n")) as $line) {
    if (preg_match('/^# HELP (tusk_[a-z_]+) \S.*\.$/', $line, $m)) { $families[$m[1]]['help'] = true; }
    elseif (preg_match('/^# TYPE (tusk_[a-z_]+) (gauge|counter)$/', $line, $m)) { $families[$m[1]]['type'] = $m[2]; }
    elseif (preg_match('/^(tusk_[a-z_]+)(\{(?:[a-z]+="(?:[^"\\\\\n]|\\\\.)*",?)*\})? (\d+)$/', $line, $m)) { $families[$m[1]]['value'] = (int) $m[3]; }
    else { echo "not the format: $line\n"; }
}
foreach ($families as $name => $family) {
    if (count($family) !== 3 || ($family['type'] === 'counter') !== str_ends_with($name, '_total')) { echo "$name is odd\n"; }
}
echo count($families), ' families, ', $families['tusk_coroutines']['value'], ' coroutines, ', $families['tusk_timers']['value'], " timers\n";
$stats = Runtime::stats();
echo $families['tusk_coroutines_spawned_total']['value'] === $stats['spawned'] ? "as stats() says\n" : "not as stats() says\n";
foreach (Tusk\Coroutine::all() as $id => $coroutine) { if ($id) $coroutine->cancel(); }
--EXPECT--
15 families, 4 coroutines, 3 timers
as stats() says
