--TEST--
A webman application on Tusk: pages wait side by side, each with its own context, errors stay pages
--SKIPIF--
<?php
require __DIR__ . '/../include/webman.inc';
Tusk\Tests\WebmanApp::skipWithoutPackages();
?>
--FILE--
<?php
require __DIR__ . '/../include/webman.inc';
use Tusk\Tests\WebmanApp;

$app = WebmanApp::start(['controller/IndexController.php' => <<<'PHP'
    namespace app\controller;
    use support\Context;
    use support\Request;
    use Workerman\Coroutine;
    use Workerman\Timer;

    final class IndexController
    {
        public function hello(): string { return 'Hello'; }
        public function loop(): string { return \Workerman\Worker::$eventLoopClass; }
        public function wait(Request $request): string
        {
            Context::set('who', $request->get('who'));
            Context::onDestroy(static function () use ($request): void { Seen::$destroyed[] = $request->get('who'); });
            Seen::together();
            $same = request() === $request ? 'its own request' : 'another request';
            return Context::get('who') . " $same";
        }
        public function destroyed(): string { sort(Seen::$destroyed, SORT_NUMERIC); return implode(' ', Seen::$destroyed); }
        public function pdo(): string
        {
            static $db = null;
            $db ??= new \PDO('sqlite::memory:');
            return (string) $db->query('SELECT 6 * 7')->fetchColumn();
        }
        public function parallel(): string
        {
            $parallel = new \Workerman\Coroutine\Parallel();
            foreach (['a', 'b'] as $name) {
                $parallel->add(static function () use ($name): string { Timer::sleep(0.01); return $name; });
            }
            return implode(' ', $parallel->wait());
        }
        public function error(): string { usleep(100); return $undefined; }
    }

    final class Seen
    {
        public static array $destroyed = [];
        private static ?\Tusk\Barrier $all = null;

        /** Nobody goes on before all twenty wait here: they do so side by side, or for ever. */
        public static function together(): void
        {
            self::$all ??= new \Tusk\Barrier(20);
            usleep(1000);
            self::$all->wait();
        }
    }
    PHP]);
echo $app->get('/index/hello')[1], "\n", $app->get('/index/loop')[1], "\n";
$answers = $app->getAll(array_map(static fn (int $who): string => "/index/wait?who=$who", range(1, 20)));
$right = array_map(static fn (int $who): array => [200, "$who its own request"], range(1, 20));
echo $answers === $right ? "twenty waited side by side\n" : json_encode($answers) . "\n";
echo $app->get('/index/destroyed')[1] === implode(' ', range(1, 20)) ? "contexts are gone\n" : $app->get('/index/destroyed')[1] . "\n";
echo $app->get('/index/pdo')[1], "\n", $app->get('/index/parallel')[1], "\n";
[$status, $body] = $app->get('/index/error');
echo $status, str_contains($body, 'undefined') ? " Undefined variable\n" : " $body\n";
echo $app->get('/index/hello')[1], "\n";
echo $app->stop(), "\n";
?>
--EXPECT--
Hello
Tusk\Workerman\EventLoop
twenty waited side by side
contexts are gone
42
a b
500 Undefined variable
Hello
0
