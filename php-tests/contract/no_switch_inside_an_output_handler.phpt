--TEST--
An output handler that waits blocks plainly; nobody else runs inside it
--FILE--
<?php
require __DIR__ . '/../include/turns.inc';
use function Tusk\go;
$log = [];
go(function () use (&$log) {
    for ($i = 0; $i < 10; $i++) {
        turns(1);
        $log[] = 'other';
    }
});
go(function () use (&$log) {
    ob_start(function ($s) use (&$log) {
        $log[] = 'handler starts';
        usleep(10000);
        $log[] = 'handler ends';
        return $s;
    });
    echo "text\n";
    ob_end_flush();
})->join();
$at = array_search('handler starts', $log);
echo $log[$at], ', ', $log[$at + 1], "\n";
?>
--EXPECT--
text
handler starts, handler ends
