--TEST--
CONTRACT 18: under phpdbg nothing is switched on, go() is refused, and scripts work as ever
--SKIPIF--
<?php
require __DIR__ . '/../include/sapi.inc';
Tusk\Tests\skip_without_sapi('phpdbg');
?>
--DESCRIPTION--
phpdbg of PHP 8.4 has a second thread of its own.
--FILE--
<?php
require __DIR__ . '/../include/sapi.inc';
use function Tusk\Tests\{only_tusk, said, sapi_program};

echo said([sapi_program('phpdbg'), ...only_tusk(), '-qrr', __DIR__ . '/../include/sapi_script.php']);
?>
--EXPECTF--
phpdbg
coroutines need the command line SAPI
coroutines need the command line SAPI
not refused
Tusk waits on the command line only
Tusk waits on the command line only
no: coroutines need the command line SAPI
%d thread, 0 rings and the like
PHP streams work
-> 0
