--TEST--
Revolt's own DriverTest passes on Tusk's driver, and on Revolt's own when its Fibers are let go on
--CONFLICTS--
all
--SKIPIF--
<?php
require __DIR__ . '/../include/phpunit.inc';
Tusk\Tests\skip_without_tests('revolt/event-loop', 'test/Driver');
?>
--FILE--
<?php
require __DIR__ . '/../include/phpunit.inc';
use function Tusk\Tests\{run_phpunit, temporary_folder};

$folder = temporary_folder();
file_put_contents("$folder/TuskDriverTest.php", <<<'PHP'
    <?php
    final class TuskDriverTest extends Revolt\EventLoop\Driver\DriverTest
    {
        public function getFactory(): callable
        {
            return static fn () => new Tusk\Revolt\Driver();
        }

        public function testHandle(): void
        {
            self::assertNull($this->loop->getHandle());
        }
    }
    PHP);
$prepare = <<<'PHP'
    Tusk\Tests\load_package('revolt/event-loop');
    require Tusk\Autoload\find('revolt/event-loop') . '/test/Driver/DriverTest.php';
    PHP;
run_phpunit("$folder/TuskDriverTest.php", $prepare);
run_phpunit(Tusk\Autoload\find('revolt/event-loop') . '/test/Driver/StreamSelectDriverTest.php', $prepare);
?>
--EXPECT--
OK
OK
