--TEST--
workerman/coroutine's own test-suite passes in a worker on Tusk's loop
--CONFLICTS--
all
--SKIPIF--
<?php
require __DIR__ . '/../include/phpunit.inc';
Tusk\Tests\skip_without_tests('workerman/coroutine', 'tests');
Tusk\Tests\skip_without_package('workerman/workerman');
Tusk\Tests\skip_without_package('psr/log');
?>
--FILE--
<?php
require __DIR__ . '/../include/phpunit.inc';
use Tusk\Tests\Process;

$folder = Tusk\Tests\temporary_folder();
mkdir("$folder/tests");
foreach (glob(Tusk\Autoload\find('workerman/coroutine') . '/tests/*Test.php') as $file) {
    // The tests want PHPUnit 11. What older ones lack of it is in the class below.
    $source = str_replace('extends TestCase', 'extends \Tusk\Tests\NewerTestCase', file_get_contents($file));
    $source = preg_replace('/^\s*#\[DataProvider\(\'(\w+)\'\)\]/m', '/** @dataProvider $1 */', $source);
    file_put_contents("$folder/tests/" . basename($file), $source);
}
file_put_contents("$folder/app.php", '<?php $include = ' . var_export(dirname(__DIR__) . '/include', true) . ";\n" . <<<'PHP'
    use Workerman\Worker;
    require "$include/autoload.inc";
    require "$include/phpunit.inc";
    set_include_path(Tusk\Tests\phpunit_path());
    require 'PHPUnit/Autoload.php';
    Tusk\Tests\load_package('workerman/workerman');
    Tusk\Tests\load_package('psr/log');
    eval(<<<'CODE'
        namespace Tusk\Tests;
        abstract class NewerTestCase extends \PHPUnit\Framework\TestCase
        {
            public static function assertObjectHasProperty(string $name, object $object, string $message = ''): void
            {
                self::assertTrue(property_exists($object, $name) || isset($object->$name), $message);
            }

            public static function assertObjectNotHasProperty(string $name, object $object, string $message = ''): void
            {
                self::assertFalse(property_exists($object, $name) || isset($object->$name), $message);
            }
        }
        CODE);
    $folder = __DIR__;
    Worker::$eventLoopClass = Tusk\Workerman\EventLoop::class;
    Worker::$pidFile = "$folder/pid";
    Worker::$logFile = "$folder/log";
    Worker::$statusFile = "$folder/status";
    $worker = new Worker();
    $worker->onWorkerStart = static function () use ($folder): void {
        $code = (new PHPUnit\TextUI\Command())->run(['phpunit', '--no-configuration', '--colors=never', '--do-not-cache-result', "$folder/tests"], false);
        echo "result $code\n";
        posix_kill(posix_getppid(), SIGINT);
    };
    Worker::runAll();
    PHP);
$app = Process::start([...Tusk\Tests\php_with_tusk(), "$folder/app.php", 'start']);
$code = $app->wait(50.0);
if (preg_match('/^OK \((\d+) tests, \d+ assertions\)\s+result 0$/m', $app->output(), $found)) {
    echo $found[1] > 80 ? "OK\n" : "only $found[1] tests\n";
} else {
    echo "exit code $code\n", $app->output(), file_get_contents("$folder/log");
}
?>
--EXPECT--
OK
