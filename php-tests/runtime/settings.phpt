--TEST--
Settings out of range are refused at run time, and the old value stays
--FILE--
<?php
foreach ([
    ['tusk.hooks', 'everything'], ['tusk.hooks', 'sleep'], ['tusk.shared_handle', 'maybe'], ['tusk.shared_handle', 'throw'],
    ['tusk.stop_grace_ms', '-1'], ['tusk.stop_grace_ms', 'soon'], ['tusk.stop_grace_ms', '10'],
    ['tusk.max_coroutines', '5'], ['tusk.stack_size', '1M'], ['tusk.driver', 'epoll'],
] as [$name, $value]) {
    $result = ini_set($name, $value);
    echo "$name = $value: ", $result === false ? 'refused' : 'set', ', now ', ini_get($name), "\n";
}
?>
--EXPECTF--

Warning: Tusk: tusk.hooks cannot be "everything"; expected "all", "none" or a list of: stream, sleep, select, dns, mysqlnd, file, process, lock, intercept. The previous value stays in %s on line 7
tusk.hooks = everything: refused, now all
tusk.hooks = sleep: set, now sleep

Warning: Tusk: tusk.shared_handle cannot be "maybe"; expected wait or throw. The previous value stays in %s on line 7
tusk.shared_handle = maybe: refused, now wait
tusk.shared_handle = throw: set, now throw

Warning: Tusk: tusk.stop_grace_ms cannot be "-1"; expected 0 to 3600000 (milliseconds). The previous value stays in %s on line 7
tusk.stop_grace_ms = -1: refused, now 5000

Warning: Tusk: tusk.stop_grace_ms cannot be "soon"; expected 0 to 3600000 (milliseconds). The previous value stays in %s on line 7
tusk.stop_grace_ms = soon: refused, now 5000
tusk.stop_grace_ms = 10: set, now 10
tusk.max_coroutines = 5: refused, now 1000000
tusk.stack_size = 1M: refused, now 1344K
tusk.driver = epoll: refused, now auto
