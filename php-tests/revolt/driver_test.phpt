--TEST--
Revolt's own DriverTest passes on Tusk's driver
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
run_phpunit("$folder/TuskDriverTest.php", <<<'PHP'
    Tusk\Tests\load_package('revolt/event-loop');
    require Tusk\Autoload\find('revolt/event-loop') . '/test/Driver/DriverTest.php';
    PHP);
?>
--EXPECT--
OK
