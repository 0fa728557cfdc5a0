--TEST--
workerman's own tests pass, those that run a loop or a server on Tusk's
--CONFLICTS--
all
--SKIPIF--
<?php
require __DIR__ . '/../include/autoload.inc';
Tusk\Tests\skip_without_package('workerman/workerman');
is_dir(Tusk\Autoload\find('workerman/workerman') . '/tests/Feature')
    || exit('skip the package workerman/workerman is here without its tests: Composer\'s archives leave tests/ out, the repository has it');
foreach (['Mockery' => 'php-mockery', 'GuzzleHttp' => 'php-guzzlehttp-guzzle'] as $library => $package) {
    stream_resolve_include_path("$library/autoload.php") !== false || exit("skip $library is not installed (Debian: $package)");
}
?>
--FILE--
<?php
// The classes' names are PHP's; here is what stands for the package's process.
namespace Symfony\Component\Process {
    use Tusk\Tests\Process;

    /** Runs code as a script on Tusk's loop; a server is ready when start() returns. */
    final class PhpProcess
    {
        public static string $folder;
        private Process $process;

        public function __construct(private readonly string $code) {}

        public function start(): void
        {
            $folder = self::$folder . '/' . bin2hex(random_bytes(4));
            mkdir("$folder/vendor", recursive: true);
            file_put_contents("$folder/script.php", $this->code);
            file_put_contents("$folder/vendor/autoload.php", '<?php require ' . var_export(dirname(__DIR__) . '/include/autoload.inc', true) . ';' . <<<'PHP'
                Tusk\Tests\load_package('workerman/workerman');
                Workerman\Worker::$eventLoopClass = Tusk\Workerman\EventLoop::class;
                PHP);
            $command = [...\Tusk\Tests\php_with_tusk(), '-d', "sys_temp_dir=$folder", "$folder/script.php"];
            $this->process = Process::start(['sh', '-c', 'cd "$1" && shift && exec "$@"', 'sh', $folder, ...$command]);
            if (str_contains($this->code, 'Worker::runAll')) {
                $this->process->waitForOutput('Start success');
            }
        }

        public function getOutput(): string
        {
            return $this->process->output();
        }

        public function stop(): void
        {
            $this->process->stop();
        }
    }
}

namespace {
    require __DIR__ . '/../include/process.inc';
    require __DIR__ . '/../include/autoload.inc';
    require __DIR__ . '/../include/pest.inc';
    require 'Mockery/autoload.php';
    require 'GuzzleHttp/autoload.php';
    use Symfony\Component\Process\PhpProcess;
    use Tusk\Tests\Pest\File;
    use function Tusk\Tests\{free_port, temporary_folder};

    Tusk\Tests\load_package('workerman/workerman');
    // The tests give clients and servers a moment, which may be too short on a busy machine.
    $patience = 1;
    function patience(int $microseconds): void
    {
        usleep($microseconds * $GLOBALS['patience']);
    }

    // A copy whose ports are free and whose loop is Tusk's.
    $folder = PhpProcess::$folder = temporary_folder();
    $tests = \Tusk\Autoload\find('workerman/workerman') . '/tests';
    $changes = [
        'Workerman\Events\Select' => 'Tusk\Workerman\EventLoop', 'new Select()' => 'new EventLoop()', ' usleep(' => ' patience(',
        // Events a millisecond apart may be read at once.
        'Timer::add(0.001,' => 'Timer::add(0.05,',
    ];
    foreach ([8080, 8081, 8082, 8083] as $port) {
        $changes[(string) $port] = (string) free_port();
    }
    $count = 0;
    $failed = [];
    foreach (new RecursiveIteratorIterator(new RecursiveDirectoryIterator($tests, FilesystemIterator::SKIP_DOTS)) as $file) {
        $copy = $folder . substr((string) $file, strlen($tests));
        is_dir(dirname($copy)) || mkdir(dirname($copy), recursive: true);
        file_put_contents($copy, strtr(file_get_contents((string) $file), $changes));
    }
    File::$current = new File();
    require "$folder/Pest.php";
    foreach (['Feature/*Test.php', 'Unit/*/*Test.php', 'Unit/*/*/*Test.php'] as $pattern) {
        foreach (glob("$folder/$pattern") as $path) {
            $file = File::read($path);
            ob_start();
            foreach ($file->before as $call) {
                $call();
            }
            foreach ($file->tests as $test) {
                foreach ([1, 5, 15] as $patience) {
                    try {
                        $count += $test->run();
                        continue 2;
                    } catch (RuntimeException $failure) {
                    }
                }
                $failed[] = basename($path) . ": $failure";
            }
            foreach ($file->after as $call) {
                $call();
            }
            ob_end_clean();
        }
    }
    echo $failed ? implode("\n", $failed) : ($count > 150 ? 'OK' : "only $count tests"), "\n";
}
?>
--EXPECT--
OK
