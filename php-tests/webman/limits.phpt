--TEST--
The plugin's limits: so many requests at once, then a queue, then 503
--SKIPIF--
<?php
require __DIR__ . '/../include/webman.inc';
Tusk\Tests\WebmanApp::skipWithoutPackages();
?>
--FILE--
<?php
require __DIR__ . '/../include/webman.inc';
use Tusk\Tests\WebmanApp;

$controller = ['controller/IndexController.php' => <<<'PHP'
    namespace app\controller;
    final class IndexController
    {
        public static int $now = 0;
        public static int $most = 0;
        public function wait(): string
        {
            self::$most = max(self::$most, ++self::$now);
            usleep(200_000);
            self::$now--;
            return 'waited';
        }
        public function most(): string { return (string) self::$most; }
    }
    PHP];
$app = WebmanApp::start($controller, ['max_per_worker' => 3, 'max_queued' => 4]);
$answers = array_count_values(array_column($app->getAll(array_fill(0, 10, '/index/wait')), 0));
ksort($answers);
echo json_encode($answers), ', at most ', $app->get('/index/most')[1], " at once\n";
echo $app->get('/index/wait')[1], "\n";
$app->stop();

// Who waits too long in the queue is told so.
$app = WebmanApp::start($controller, ['max_per_worker' => 1, 'max_queued' => 10, 'queue_timeout' => 0.05]);
$answers = array_count_values(array_column($app->getAll(array_fill(0, 4, '/index/wait')), 0));
ksort($answers);
echo json_encode($answers), "\n";
$app->stop();
?>
--EXPECT--
{"200":7,"503":3}, at most 3 at once
waited
{"200":1,"503":3}
