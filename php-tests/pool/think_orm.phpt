--TEST--
ThinkORM (webman/think-orm) on Tusk\Pool\Pdo by configuration: many coroutines, few connections, transactions of their own
--EXTENSIONS--
pcntl
posix
--SKIPIF--
<?php
require __DIR__ . '/../include/mariadb.inc';
require __DIR__ . '/../include/orm.inc';
Mariadb::skip('pdo_mysql');
Tusk\Tests\skip_without_packages(Tusk\Tests\THINK);
--FILE--
<?php
require __DIR__ . '/../include/mariadb.inc';
require __DIR__ . '/../include/orm.inc';
require __DIR__ . '/../include/parallel.inc';

use Tusk\Tests\WorkermanApp;
use function Tusk\Tests\each_of;

$db = Mariadb::start();
$pdo = $db->pdo();
$pdo->exec('CREATE TABLE orders (id INT AUTO_INCREMENT PRIMARY KEY, who INT NOT NULL, step INT NOT NULL)');
$include = var_export(realpath(__DIR__ . '/../include'), true);
$app = WorkermanApp::start(<<<PHP
    require_once $include . '/orm.inc';
    Tusk\\Tests\\load_package('workerman/webman-framework');
    Tusk\\Tests\\load_packages(Tusk\\Tests\\THINK);
    class Order extends think\\Model
    {
        protected \$name = 'orders';
    }
    \$worker = new Worker("http://127.0.0.1:\$port");
    \$worker->onWorkerStart = function () {
        \$GLOBALS['db'] = new Webman\\ThinkOrm\\DbManager();
        \$GLOBALS['db']->setConfig(['default' => 'mysql', 'connections' => ['mysql' => [
            'type' => Tusk\\Pool\\ThinkOrm\\Mysql::class,
            'hostname' => '127.0.0.1', 'hostport' => $db->port, 'database' => 'test', 'username' => 'root', 'password' => '',
            'charset' => 'utf8mb4',
            'pool' => ['max_connections' => 500, 'wait_timeout' => 30],
            'tusk_pool' => ['max' => 4, 'waitTimeout' => 50.0, 'name' => 'think'],
        ]]]);
        think\\Model::setDb(\$GLOBALS['db']);
    };
    function page(int \$n): string
    {
        \$db = \$GLOBALS['db'];
        \$id = Order::create(['who' => \$n, 'step' => 1])->id;
        // Nobody's connection meanwhile.
        usleep(20_000);
        \$db->transaction(function () use (\$n, \$db) {
            \$second = \$db->table('orders')->insertGetId(['who' => \$n, 'step' => 2]);
            usleep(1_000);
            try {
                \$db->transaction(function () use (\$n, \$db) {
                    Order::create(['who' => \$n, 'step' => 3]);
                    throw new LogicException('undone to the savepoint');
                });
            } catch (LogicException) {
            }
            \$n % 2 === 0 || \$db->table('orders')->where('id', \$second)->inc('step', 10)->update();
        });
        \$steps = \$db->table('orders')->where('who', \$n)->order('id')->column('step');
        \$mine = Order::find(\$id)->who;
        \$cursor = 0;
        foreach (\$db->table('orders')->where('who', \$n)->cursor() as \$row) {
            \$cursor += \$row['who'] === \$n ? 1 : 100;
        }
        return "\$mine " . implode(',', \$steps) . " \$cursor";
    }
    \$worker->onMessage = function (\$connection, \$request) {
        \$stats = \$request->path() === '/stats';
        try {
            if (\$stats) {
                \$GLOBALS['db']->query('SELECT 1');
                \$connection->close(json_encode(\$GLOBALS['db']->connect()->getPdo()->stats()));
                return;
            }
            \$connection->close(page((int) \$request->get('n')));
        } catch (Throwable \$e) {
            \$connection->close((string) \$e);
        }
    };
    PHP);
// Two come alone and load the classes: linking one while another coroutine asks for it is docs/left.md's.
foreach ([100, 101] as $n) {
    file_get_contents("$app->url/?n=$n");
}
$odd = [];
each_of(100, function (int $n) use ($app, &$odd) {
    $answer = file_get_contents("$app->url/?n=$n");
    $answer === "$n 1," . ($n % 2 ? 12 : 2) . ' 2' || $odd[] = $answer;
});
echo $odd === [] ? "100 of 100 right\n" : substr($odd[0], 0, 600) . "\n";
$stats = json_decode(file_get_contents("$app->url/stats"), true);
echo "$stats[max] at most, ", $stats['created'] <= 4 && $stats['created'] > 1 ? 'never more made' : "$stats[created] made", ', ',
    $stats['leased'] + $stats['waiting'], " left\n";
echo $pdo->query('SELECT COUNT(*), SUM(step) FROM orders')->fetchAll(PDO::FETCH_NUM)[0] === [204, '816'] ? "all written once\n" : "other rows\n";
$app->stop();
?>
--EXPECT--
100 of 100 right
4 at most, never more made, 0 left
all written once
