--TEST--
workbunny/webman-coroutine runs on Tusk through its handler: sleep, wait_for, wakeup, Coroutine, Channel, WaitGroup
--SKIPIF--
<?php
require __DIR__ . '/../include/webman.inc';
Tusk\Tests\WebmanApp::skipWithoutPackages();
Tusk\Autoload\find('workbunny/webman-coroutine') !== null || exit('skip the package workbunny/webman-coroutine is neither in vendor/ nor in $TUSK_PEERS');
?>
--FILE--
<?php
require __DIR__ . '/../include/webman.inc';
use Tusk\Tests\WebmanApp;

$app = WebmanApp::start(['controller/IndexController.php' => <<<'PHP'
    namespace app\controller;
    use Workbunny\WebmanCoroutine\Factory;
    use Workbunny\WebmanCoroutine\Utils\Channel\Channel;
    use Workbunny\WebmanCoroutine\Utils\Coroutine\Coroutine;
    use Workbunny\WebmanCoroutine\Utils\WaitGroup\WaitGroup;
    use function Workbunny\WebmanCoroutine\{event_loop, sleep, wait_for, wakeup};

    final class IndexController
    {
        public function all(): string
        {
            $out = [event_loop(\Workerman\Worker::$eventLoopClass), Factory::getCurrentHandler()];
            $channel = new Channel(1);
            $group = new WaitGroup();
            $group->add(2);
            new Coroutine(static function () use ($channel, $group): void { sleep(0.002); $channel->push('pushed'); $group->done(); });
            new Coroutine(static function () use (&$ready, $group): void { sleep(0.005); $ready = true; wakeup('ready'); $group->done(); });
            $out[] = $channel->pop();
            wait_for(static function () use (&$ready): bool { return $ready === true; }, 2, 'ready');
            $group->wait(1);
            $out[] = $ready ? 'woken' : 'not woken';
            try {
                wait_for(static fn (): bool => false, 0.01);
            } catch (\Workbunny\WebmanCoroutine\Exceptions\TimeoutException) {
                $out[] = 'timed out';
            }
            return implode("\n", $out);
        }
    }
    PHP], bootstrap: "Tusk\\Tests\\load_package('workbunny/webman-coroutine');");
echo $app->get('/index/all')[1], "\n";
echo $app->stop(), "\n";
?>
--EXPECT--
Tusk\Workerman\EventLoop
Tusk\Webman\Coroutine\Handler
pushed
woken
timed out
0
