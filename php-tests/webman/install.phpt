--TEST--
The plugin's installer chooses the loop, keeps what was changed by hand, and takes itself back
--SKIPIF--
<?php
require __DIR__ . '/../include/webman.inc';
Tusk\Tests\WebmanApp::skipWithoutPackages();
?>
--FILE--
<?php
require __DIR__ . '/../include/webman.inc';
use Tusk\Tests\WebmanApp;

$app = WebmanApp::start([]);
$server = static fn (): string => trim(current(preg_grep('/event_loop/', file("$app->folder/config/server.php"))));
echo $server(), "\n";
echo implode(' ', array_map(basename(...), glob("$app->folder/config/plugin/tusk/tusk/*"))), "\n";
file_put_contents("$app->folder/config/plugin/tusk/tusk/process.php", '<?php return ["mine" => []];');
echo $app->install('update') === '' ? "nothing to do\n" : "it did something\n";
echo file_get_contents("$app->folder/config/plugin/tusk/tusk/process.php"), "\n";
echo $app->install('uninstall'), $server(), "\n";
echo is_dir("$app->folder/config/plugin/tusk/tusk") ? "left\n" : "gone\n";
file_put_contents("$app->folder/config/server.php", strtr(file_get_contents("$app->folder/config/server.php"), ["''," => "'Workerman\\Events\\Event',"]));
echo $app->install(), $server(), "\n";
echo $app->stop(), "\n";
?>
--EXPECT--
'event_loop' => \Tusk\Workerman\EventLoop::class,
app.php bootstrap.php process.php
nothing to do
<?php return ["mine" => []];
config/server.php: chose no event loop
'event_loop' => '',
gone
Create config/plugin/tusk/tusk/app.php
Create config/plugin/tusk/tusk/bootstrap.php
Create config/plugin/tusk/tusk/process.php
config/server.php names another event loop, which was left; Tusk's is Tusk\Workerman\EventLoop
'event_loop' => 'Workerman\Events\Event',
0
