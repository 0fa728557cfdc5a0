--TEST--
CONTRACT 18: under php -S nothing is switched on, go() is refused, and requests work as ever
--FILE--
<?php
require __DIR__ . '/../include/sapi.inc';
use Tusk\Tests\Process;
use function Tusk\Tests\{free_port, php_with_tusk};

$port = free_port();
Process::start([...php_with_tusk(), '-S', "127.0.0.1:$port", '-t', __DIR__ . '/../include'])->waitForPort($port);
$first = file_get_contents("http://127.0.0.1:$port/sapi_script.php");
echo $first;
var_dump(file_get_contents("http://127.0.0.1:$port/sapi_script.php") === $first);
?>
--EXPECT--
cli-server
coroutines need the command line SAPI
coroutines need the command line SAPI
not refused
Tusk waits on the command line only
Tusk waits on the command line only
no: coroutines need the command line SAPI
1 thread, 0 rings and the like
PHP streams work
bool(true)
