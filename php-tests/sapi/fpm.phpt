--TEST--
CONTRACT 18: under php-fpm nothing is switched on, go() is refused, and requests work as ever
--SKIPIF--
<?php
require __DIR__ . '/../include/sapi.inc';
Tusk\Tests\skip_without_sapi('php-fpm');
?>
--FILE--
<?php
require __DIR__ . '/../include/sapi.inc';
require __DIR__ . '/../include/fastcgi.inc';
use Tusk\Tests\Process;
use function Tusk\Tests\{fastcgi_get, only_tusk, sapi_program, temporary_folder};

$folder = temporary_folder();
file_put_contents("$folder/fpm.conf", <<<INI
    [global]
    error_log = $folder/log
    daemonize = no
    [www]
    listen = $folder/socket
    pm = static
    pm.max_children = 1
    INI);
$fpm = Process::start([sapi_program('php-fpm'), ...only_tusk(), '-F', '-y', "$folder/fpm.conf"]);
for ($tries = 0; !file_exists("$folder/socket") && $tries < 1000; $tries++) {
    usleep(5000);
}
$first = fastcgi_get("$folder/socket", dirname(__DIR__) . '/include/sapi_script.php');
echo $first;
// The same process serves the next request the same way.
var_dump(fastcgi_get("$folder/socket", dirname(__DIR__) . '/include/sapi_script.php') === $first);
?>
--EXPECT--
fpm-fcgi
coroutines need the command line SAPI
coroutines need the command line SAPI
not refused
Tusk waits on the command line only
Tusk waits on the command line only
no: coroutines need the command line SAPI
1 thread, 0 rings and the like
PHP streams work
bool(true)
