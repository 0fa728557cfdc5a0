--TEST--
Settings out of range give start-up warnings that name the range
--FILE--
<?php
require __DIR__ . '/../include/process.inc';
foreach ([
    'tusk.hooks=everything', 'tusk.driver=kqueue', 'tusk.stack_size=64K', 'tusk.stack_size=65M', 'tusk.stack_size=big', 'tusk.stack_size=-1',
    'tusk.stack_size=256Kx', 'tusk.stack_size=99999999999999999999M', 'tusk.stacks=mine', 'tusk.shared_handle=maybe', 'tusk.max_coroutines=0',
    'tusk.max_coroutines=16000001', 'tusk.max_coroutines=-5', 'tusk.max_coroutines=many', 'tusk.unguarded_stacks=2', 'tusk.dns_threads=0', 'tusk.dns_threads=257', 'tusk.stop_grace_ms=3600001', 'tusk.onnx_threads=-1',
    'tusk.onnx_threads=257',
] as $setting) {
    $name = strtok($setting, '=');
    $command = [...Tusk\Tests\php_with_tusk(), '-d', 'display_startup_errors=1', '-d', 'display_errors=1', '-d', 'html_errors=0', '-d', 'log_errors=0', '-d', $setting, '-r', "Tusk\\run(fn () => Tusk\\sleep(0.001)); echo ini_get('$name');"];
    echo "$setting: ", trim(preg_replace('/\s+/', ' ', (string) shell_exec(implode(' ', array_map('escapeshellarg', $command)) . ' 2>&1'))), "\n";
}
?>
--EXPECT--
tusk.hooks=everything: Warning: Tusk: tusk.hooks cannot be "everything"; expected "all", "none" or a list of: stream, sleep, select, dns, mysqlnd, file, process, lock, intercept. The previous value stays in Unknown on line 0 all
tusk.driver=kqueue: Warning: Tusk: tusk.driver cannot be "kqueue"; expected auto, uring or epoll. The previous value stays in Unknown on line 0 auto
tusk.stack_size=64K: Warning: Tusk: tusk.stack_size cannot be "64K"; expected 128K to 64M. The previous value stays in Unknown on line 0 1344K
tusk.stack_size=65M: Warning: Tusk: tusk.stack_size cannot be "65M"; expected 128K to 64M. The previous value stays in Unknown on line 0 1344K
tusk.stack_size=big: Warning: Tusk: tusk.stack_size cannot be "big"; expected 128K to 64M. The previous value stays in Unknown on line 0 1344K
tusk.stack_size=-1: Warning: Tusk: tusk.stack_size cannot be "-1"; expected 128K to 64M. The previous value stays in Unknown on line 0 1344K
tusk.stack_size=256Kx: Warning: Tusk: tusk.stack_size cannot be "256Kx"; expected 128K to 64M. The previous value stays in Unknown on line 0 1344K
tusk.stack_size=99999999999999999999M: Warning: Tusk: tusk.stack_size cannot be "99999999999999999999M"; expected 128K to 64M. The previous value stays in Unknown on line 0 1344K
tusk.stacks=mine: Warning: Tusk: tusk.stacks cannot be "mine"; expected auto or zend. The previous value stays in Unknown on line 0 auto
tusk.shared_handle=maybe: Warning: Tusk: tusk.shared_handle cannot be "maybe"; expected wait or throw. The previous value stays in Unknown on line 0 wait
tusk.max_coroutines=0: Warning: Tusk: tusk.max_coroutines cannot be "0"; expected 1 to 16000000. The previous value stays in Unknown on line 0 1000000
tusk.max_coroutines=16000001: Warning: Tusk: tusk.max_coroutines cannot be "16000001"; expected 1 to 16000000. The previous value stays in Unknown on line 0 1000000
tusk.max_coroutines=-5: Warning: Tusk: tusk.max_coroutines cannot be "-5"; expected 1 to 16000000. The previous value stays in Unknown on line 0 1000000
tusk.max_coroutines=many: Warning: Tusk: tusk.max_coroutines cannot be "many"; expected 1 to 16000000. The previous value stays in Unknown on line 0 1000000
tusk.unguarded_stacks=2: Warning: Tusk: tusk.unguarded_stacks cannot be "2"; expected 0 or 1. The previous value stays in Unknown on line 0 0
tusk.dns_threads=0: Warning: Tusk: tusk.dns_threads cannot be "0"; expected 1 to 256. The previous value stays in Unknown on line 0 4
tusk.dns_threads=257: Warning: Tusk: tusk.dns_threads cannot be "257"; expected 1 to 256. The previous value stays in Unknown on line 0 4
tusk.stop_grace_ms=3600001: Warning: Tusk: tusk.stop_grace_ms cannot be "3600001"; expected 0 to 3600000 (milliseconds). The previous value stays in Unknown on line 0 5000
tusk.onnx_threads=-1: Warning: Tusk: tusk.onnx_threads cannot be "-1"; expected 0 to 256. The previous value stays in Unknown on line 0 0
tusk.onnx_threads=257: Warning: Tusk: tusk.onnx_threads cannot be "257"; expected 0 to 256. The previous value stays in Unknown on line 0 0
