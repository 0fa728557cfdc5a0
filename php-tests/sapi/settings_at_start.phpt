--TEST--
Settings out of range give start-up warnings that name the range
--FILE--
<?php
require __DIR__ . '/../include/process.inc';
foreach ([
    'tusk.hooks=everything', 'tusk.driver=kqueue', 'tusk.stack_size=64K', 'tusk.stack_size=65M', 'tusk.stack_size=big', 'tusk.stack_size=-1',
    'tusk.stack_size=256Kx', 'tusk.stack_size=99999999999999999999M', 'tusk.stacks=mine', 'tusk.shared_handle=maybe', 'tusk.max_coroutines=0',
    'tusk.max_coroutines=16000001', 'tusk.max_coroutines=-5', 'tusk.max_coroutines=many', 'tusk.unguarded_stacks=2', 'tusk.dns_threads=0', 'tusk.dns_threads=257', 'tusk.stop_grace_ms=3600001',
] as $setting) {
    $name = strtok($setting, '=');
    $command = [...Tusk\Tests\php_with_tusk(), '-d', 'display_startup_errors=1', '-d', 'display_errors=1', '-d', 'html_errors=0', '-d', 'log_errors=0', '-d', $setting, '-r', "Tusk\\run(fn () => Tusk\\sleep(0.001)); echo ini_get('$name');"];
    echo "$setting: ", trim(preg_replace('/\s+/', ' ', (string) shell_exec(implode(' ', array_map('escapeshellarg', $command)) . ' 2>&1'))), "\n";
}
?>
--EXPECTF--

Fatal error: Uncaught RuntimeException: TUSK_PHP is not set: run tests with cargo xtask phpt in /work/wt/api/php-tests/include/process.inc:31
Stack trace:
#0 %s(9): Tusk\Tests\php_with_tusk()
#1 {main}
  thrown in /work/wt/api/php-tests/include/process.inc on line 31
