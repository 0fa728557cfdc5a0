--TEST--
php-cgi: the extension is loaded, go() says that it is not for here
--SKIPIF--
<?php if (!shell_exec('command -v php-cgi')) die('skip needs php-cgi (Debian: php8.2-cgi)'); ?>
--FILE--
<?php
$script = tempnam(sys_get_temp_dir(), 'tusk-cgi');
file_put_contents($script, '<?php try { Tusk\go(fn () => 1); } catch (Tusk\UnsupportedException $e) { echo $e->getMessage(), "\n"; } usleep(1); echo Tusk\Runtime::info()["enabled"], "\n", PHP_SAPI, "\n";');
$arguments = explode("\0", file_get_contents('/proc/self/cmdline'));
$extension = current(preg_grep('/^extension=.*tusk/', $arguments));
$environment = ['REDIRECT_STATUS' => '1', 'SCRIPT_FILENAME' => $script, 'REQUEST_METHOD' => 'GET', 'PATH' => getenv('PATH')];
$process = proc_open(['php-cgi', '-n', '-q', '-d', $extension, $script], [['file', '/dev/null', 'r'], ['pipe', 'w'], ['pipe', 'w']], $pipes, null, $environment);
echo preg_replace('/^.*\r\n\r\n/s', '', stream_get_contents($pipes[1])), stream_get_contents($pipes[2]), proc_close($process), "\n";
unlink($script);
?>
--EXPECT--
coroutines need the command line SAPI: under FPM, Apache and preloading a request must not outlive its script; start the script with php-cli (workerman does)
no: coroutines need the command line SAPI
cgi-fcgi
0
