--TEST--
php -S: the extension is loaded, nothing is patched, go() says that it is not for here
--FILE--
<?php
require __DIR__ . '/../include/process.inc';
use Tusk\Tests\Process;
$folder = Tusk\Tests\temporary_folder();
file_put_contents("$folder/index.php", <<<'PHP'
<?php
foreach ([fn () => Tusk\go(fn () => 1), fn () => Tusk\run(fn () => 1), fn () => Tusk\timeout(1, fn () => 1), fn () => new Tusk\Channel(), fn () => new Tusk\WaitGroup(),
    fn () => Tusk\Coroutine::current(), fn () => Tusk\EventLoop::delay(1, fn () => 1), fn () => Tusk\EventLoop::run(), fn () => Tusk\Runtime::stats(), fn () => Tusk\Coroutine::all(),
    fn () => Tusk\Coroutine::shield(fn () => 1), fn () => Tusk\Coroutine::defer(fn () => 1), fn () => Tusk\Coroutine::suspend()] as $call) {
    try { $call(); echo "no exception\n"; } catch (Tusk\UnsupportedException $e) { echo 'unsupported: ', strtok($e->getMessage(), ':'), "\n"; }
}
$start = hrtime(true);
Tusk\sleep(0.002);
usleep(2000);
echo hrtime(true) - $start >= 4e6 ? "slept\n" : "did not sleep\n";
echo Tusk\Runtime::info()['enabled'], "\n", implode(',', Tusk\Runtime::hooks()), "\n", PHP_SAPI, "\n";
PHP);
$port = Tusk\Tests\free_port();
$server = Process::start([...Tusk\Tests\php_with_tusk(), '-S', "127.0.0.1:$port", '-t', $folder]);
$deadline = hrtime(true) + 5e9;
do { $answer = @file_get_contents("http://127.0.0.1:$port/"); } while ($answer === false && hrtime(true) < $deadline && usleep(10000) === null);
echo $answer;
echo file_get_contents("http://127.0.0.1:$port/") === $answer ? "the same again\n" : "different\n";
unlink("$folder/index.php");
rmdir($folder);
?>
--EXPECT--
unsupported: coroutines need the command line SAPI
unsupported: coroutines need the command line SAPI
unsupported: coroutines need the command line SAPI
unsupported: Tusk waits on the command line only
unsupported: Tusk waits on the command line only
unsupported: Tusk waits on the command line only
unsupported: Tusk waits on the command line only
unsupported: Tusk waits on the command line only
unsupported: Tusk waits on the command line only
unsupported: Tusk waits on the command line only
unsupported: Tusk waits on the command line only
unsupported: Tusk waits on the command line only
unsupported: Tusk waits on the command line only
slept
no: coroutines need the command line SAPI
stream,sleep,select,dns,mysqlnd
cli-server
the same again
