--TEST--
A workerman page with two queries: eight connections serve 500 requests at once; one static PDO stays correct and says what to change
--DESCRIPTION--
swoole-src#4313 and #3944 ("already been bound to another coroutine"), hyperf#6611: a connection was shared by
mistake, or held for the whole request.
--EXTENSIONS--
pcntl
posix
--SKIPIF--
<?php
require __DIR__ . '/../include/mariadb.inc';
require __DIR__ . '/../include/autoload.inc';
Mariadb::skip('pdo_mysql');
Tusk\Tests\skip_without_package('workerman/workerman');
--FILE--
<?php
require __DIR__ . '/../include/mariadb.inc';
require __DIR__ . '/../include/workerman.inc';
require __DIR__ . '/../include/parallel.inc';

use Tusk\Tests\WorkermanApp;
use function Tusk\Tests\each_of;

$db = Mariadb::start();
$dsn = var_export($db->dsn(), true);
$app = WorkermanApp::start(<<<PHP
    final class Shop
    {
        public static PDO \$pdo;
    }
    ini_set('error_log', Worker::\$logFile);
    \$worker = new Worker("http://127.0.0.1:\$port");
    \$worker->onWorkerStart = function () {
        Shop::\$pdo = \$GLOBALS['pooled'] = new Tusk\\Pool\\Pdo($dsn, 'root', '', ['pool' => ['max' => 8, 'waitTimeout' => 50.0]]);
        \$GLOBALS['one'] = new PDO($dsn, 'root', '');
    };
    \$worker->onMessage = function (\$connection, \$request) {
        if (\$request->path() === '/stats') {
            \$connection->close(json_encode(\$GLOBALS['pooled']->stats()));
            return;
        }
        \$n = (int) \$request->get('n');
        \$pdo = \$request->path() === '/static' ? \$GLOBALS['one'] : Shop::\$pdo;
        \$first = \$pdo->prepare('SELECT ? + SLEEP(0.002)');
        \$first->execute([\$n]);
        \$a = (int) \$first->fetchColumn();
        \$first = null;
        // Something else that the request does: nobody's connection meanwhile.
        usleep(20_000);
        \$b = (int) \$pdo->query("SELECT \$n * 2")->fetchColumn();
        \$connection->close("\$a \$b");
    };
    PHP);
$ask = function (string $path, int $requests) use ($app): void {
    $right = each_of($requests, fn (int $n) => file_get_contents("$app->url/$path?n=$n") === $n . ' ' . $n * 2);
    echo "$path: ", count(array_filter($right)), ' of ', $requests, " right\n";
};
$ask('pooled', 500);
$stats = json_decode(file_get_contents("$app->url/stats"), true);
echo "$stats[created] connections, ", $stats['leased'] + $stats['waiting'], " left\n";
$ask('static', 40);
$app->stop();
$log = $app->log();
echo preg_match('/MySQL connection.*/i', $log, $found) ? "it says what to change\n" : "no word: $log\n";
?>
--EXPECT--
pooled: 500 of 500 right
8 connections, 0 left
static: 40 of 40 right
it says what to change
