--TEST--
webman/database (Laravel's illuminate/database) on Tusk\Pool\Pdo by configuration: many coroutines, few connections, transactions of their own
--EXTENSIONS--
pcntl
posix
--SKIPIF--
<?php
require __DIR__ . '/../include/mariadb.inc';
require __DIR__ . '/../include/orm.inc';
Mariadb::skip('pdo_mysql');
Tusk\Tests\skip_without_packages(Tusk\Tests\LARAVEL);
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
    Tusk\\Tests\\load_packages(Tusk\\Tests\\LARAVEL);
    class Order extends Illuminate\\Database\\Eloquent\\Model
    {
        public \$timestamps = false;
        protected \$guarded = [];
    }
    \$worker = new Worker("http://127.0.0.1:\$port");
    \$worker->onWorkerStart = function () {
        \$container = Illuminate\\Container\\Container::getInstance();
        Tusk\\Pool\\Laravel\\Bootstrap::start();
        \$capsule = new Webman\\Database\\Manager(\$container);
        \$capsule->addConnection([
            'driver' => 'mysql', 'host' => '127.0.0.1', 'port' => $db->port, 'database' => 'test', 'username' => 'root', 'password' => '',
            'charset' => 'utf8mb4', 'collation' => 'utf8mb4_general_ci', 'timezone' => '+03:00', 'strict' => true, 'prefix' => '',
            'pool' => ['max_connections' => 500, 'wait_timeout' => 30],
            'tusk_pool' => ['max' => 4, 'waitTimeout' => 50.0, 'name' => 'laravel'],
        ]);
        \$capsule->getDatabaseManager()->setDefaultConnection('default');
        \$capsule->setAsGlobal();
        \$capsule->bootEloquent();
    };
    function page(int \$n): string
    {
        \$id = Order::create(['who' => \$n, 'step' => 1])->id;
        // Nobody's connection meanwhile.
        usleep(20_000);
        Webman\\Database\\Manager::connection()->transaction(function () use (\$n) {
            \$second = Order::create(['who' => \$n, 'step' => 2])->id;
            usleep(1_000);
            try {
                Webman\\Database\\Manager::connection()->transaction(function () use (\$n) {
                    Order::create(['who' => \$n, 'step' => 3]);
                    throw new LogicException('undone to the savepoint');
                });
            } catch (LogicException) {
            }
            \$n % 2 === 0 || Webman\\Database\\Manager::table('orders')->where('id', \$second)->increment('step', 10);
        });
        \$steps = Order::query()->where('who', \$n)->orderBy('id')->pluck('step')->all();
        \$zone = Webman\\Database\\Manager::connection()->selectOne('SELECT @@time_zone AS zone')->zone;
        \$mine = Order::find(\$id)->who;
        \$cursor = 0;
        foreach (Webman\\Database\\Manager::table('orders')->where('who', \$n)->cursor() as \$row) {
            \$cursor += \$row->who === \$n ? 1 : 100;
        }
        return "\$mine " . implode(',', \$steps) . " \$zone \$cursor";
    }
    \$worker->onMessage = function (\$connection, \$request) {
        \$stats = \$request->path() === '/stats';
        try {
            \$connection->close(\$stats
                ? json_encode(Webman\\Database\\Manager::connection()->getPdo()->stats())
                : page((int) \$request->get('n')));
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
    $answer === "$n 1," . ($n % 2 ? 12 : 2) . ' +03:00 2' || $odd[] = $answer;
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
