--TEST--
What holds up all coroutines is named: file, line, function, system call, while it happens
--EXTENSIONS--
ffi
--INI--
tusk.block_warn=0.03
ffi.enable=1
tusk.hooks=stream,sleep,select,dns,mysqlnd,file,process,lock
error_log={TMP}/watchdog-basic.log
--FILE--
<?php
$log = ini_get('error_log');
@unlink($log);
$libc = FFI::cdef('int usleep(unsigned int us);');
Tusk\go(function () {
    while (empty($GLOBALS['over'])) {
        Tusk\sleep(0.002);
    }
});
final class Handler
{
    public function sleeps(FFI $libc): void
    {
        $libc->usleep(200_000); // the watchdog cannot know that this is the line, and does
    }
    public function computes(): int
    {
        for ($until = hrtime(true) + 200_000_000, $i = 0; hrtime(true) < $until; $i++);
        return $i;
    }
}
Tusk\sleep(0.1);
echo count(Tusk\Runtime::blocked()), " before\n";
$handler = new Handler();
$handler->sleeps($libc);
Tusk\sleep(0.05);
$handler->computes();
Tusk\sleep(0.05);
$handler->sleeps($libc);
Tusk\sleep(0.05);
$over = true;
foreach (Tusk\Runtime::blocked() as $blocked) {
    echo basename($blocked['file']), ':', $blocked['line'], ' ', $blocked['function'], ' ', var_export($blocked['call'], true),
        ' ', $blocked['times'], ' ', $blocked['longest'] > 0.1 && $blocked['longest'] < 0.5 ? 'as long as it took' : $blocked['longest'], "\n";
}
echo preg_replace(['~\[[^]]*UTC\] ~', '~ in /\S*/~', '~for \d\.\d+ s~'], ['', ' in ', 'for some time'], file_get_contents($log));
unlink($log);
?>
--EXPECTF--
0 before
basic.php:14 usleep '%r(clock_)?%rnanosleep' 2 as long as it took
basic.php:18 Handler::computes NULL 1 as long as it took
Tusk: usleep() in basic.php:14 has held up all coroutines for some time; it sleeps in the system call %r(clock_)?%rnanosleep (tusk.block_warn; see docs/HOOKS.md)
Tusk: Handler::computes() in basic.php:18 has held up all coroutines for some time; it computes (tusk.block_warn; see docs/HOOKS.md)
