--TEST--
CONTRACT 18: under php-cgi nothing is switched on, go() is refused, and scripts work as ever
--SKIPIF--
<?php
require __DIR__ . '/../include/sapi.inc';
Tusk\Tests\skip_without_sapi('php-cgi');
?>
--FILE--
<?php
require __DIR__ . '/../include/sapi.inc';
use function Tusk\Tests\{only_tusk, said, sapi_program};

echo said([sapi_program('php-cgi'), ...only_tusk(), '-q', __DIR__ . '/../include/sapi_script.php']);
?>
--EXPECT--
cgi-fcgi
coroutines need the command line SAPI
coroutines need the command line SAPI
Tusk waits on the command line only
Tusk waits on the command line only
Tusk waits on the command line only
no: coroutines need the command line SAPI
1 thread, 0 rings and the like
PHP streams work
-> 0
