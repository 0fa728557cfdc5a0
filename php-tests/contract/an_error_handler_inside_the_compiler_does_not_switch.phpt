--TEST--
Nothing is suspended inside the compiler: a hooked wait in an error handler there blocks plainly
--FILE--
<?php
require __DIR__ . '/../include/turns.inc';
use function Tusk\go;

$log = [];
set_error_handler(function () use (&$log) {
    $log[] = 'handler starts';
    usleep(20000);
    $log[] = 'handler ends';
    return true;
});
go(function () use (&$log) {
    for ($i = 0; $i < 10; $i++) {
        $log[] = 'other';
        turns(1);
    }
});
go(function () use (&$log) {
    // Deprecated at compile time: an optional parameter before a required one.
    eval('function deprecated($a = 1, $b) {}');
    $log[] = 'compiled';
})->join();
$between = array_slice($log, array_search('handler starts', $log), 2);
echo implode(', ', $between), "\n";
var_dump(function_exists('deprecated'));
?>
--EXPECT--
handler starts, handler ends
bool(true)
