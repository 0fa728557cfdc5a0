--TEST--
php-cgi: the extension is loaded, go() says that it is not for here
--SKIPIF--
<?php
require __DIR__ . '/../include/process.inc';
Tusk\Tests\php_cgi() !== null || exit('skip needs php-cgi of the same build (Debian: php-cgi)');
?>
--FILE--
<?php
require __DIR__ . '/../include/process.inc';
$script = tempnam(sys_get_temp_dir(), 'tusk-cgi');
file_put_contents($script, '<?php try { Tusk\go(fn () => 1); } catch (Tusk\UnsupportedException $e) { echo $e->getMessage(), "\n"; } usleep(1); echo Tusk\Runtime::info()["enabled"], "\n", PHP_SAPI, "\n";');
$arguments = explode("\0", file_get_contents('/proc/self/cmdline'));
$extension = current(preg_grep('/^extension=.*tusk/', $arguments));
$environment = ['REDIRECT_STATUS' => '1', 'SCRIPT_FILENAME' => $script, 'REQUEST_METHOD' => 'GET', 'PATH' => getenv('PATH')];
$process = proc_open([Tusk\Tests\php_cgi(), '-n', '-q', '-d', $extension, $script], [['file', '/dev/null', 'r'], ['pipe', 'w'], ['pipe', 'w']], $pipes, null, $environment);
echo preg_replace('/^.*\r\n\r\n/s', '', stream_get_contents($pipes[1])), stream_get_contents($pipes[2]), proc_close($process), "\n";
unlink($script);
?>
--EXPECT--
coroutines need the command line SAPI: under FPM, Apache and preloading a request must not outlive its script; start the script with php-cli (workerman does)
no: coroutines need the command line SAPI
cgi-fcgi
0
