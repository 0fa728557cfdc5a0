--TEST--
Laravel's and ThinkORM's connectors for PostgreSQL: one pool for all connection objects, each connection configured by the ORM
--DESCRIPTION--
PHP 8.4 finds how the packages mark parameters as nullable deprecated.
--INI--
error_reporting=E_ALL & ~E_DEPRECATED
--SKIPIF--
<?php
require __DIR__ . '/../include/postgres.inc';
require __DIR__ . '/../include/orm.inc';
Postgres::skip('pdo_pgsql', 'posix');
Tusk\Tests\skip_without_packages([...Tusk\Tests\LARAVEL, ...Tusk\Tests\THINK]);
--FILE--
<?php
require __DIR__ . '/../include/postgres.inc';
require __DIR__ . '/../include/orm.inc';
require __DIR__ . '/../include/parallel.inc';

use Tusk\Pool\{Laravel, ThinkOrm};
use function Tusk\Tests\each_of;

Tusk\Tests\load_packages(array_unique([...Tusk\Tests\LARAVEL, ...Tusk\Tests\THINK]));
$server = Postgres::start();
$server->pdo()->exec('create schema shop; create table shop.orders (id serial primary key, who int)');

// Laravel sets the time zone and the search path of every connection, and of no other session.
$config = ['driver' => 'pgsql', 'host' => '127.0.0.1', 'port' => $server->port, 'database' => 'postgres', 'username' => 'test', 'password' => '',
    'timezone' => 'Asia/Shanghai', 'search_path' => 'shop', 'prefix' => '', 'options' => [PDO::ATTR_PERSISTENT => true],
    'tusk_pool' => ['max' => 3, 'waitTimeout' => 50.0]];
$connection = static fn () => new Illuminate\Database\PostgresConnection(
    static fn () => (new Laravel\PostgresConnector())->connect($config), 'postgres', '', $config);
// The classes are loaded by the first alone: see docs/left.md.
$page = function (int $i) use ($connection) {
    $mine = $connection();
    $id = $mine->table('orders')->insertGetId(['who' => $i]);
    $row = $mine->selectOne("select current_setting('TimeZone') as zone, who from orders where id = ?", [$id]);
    return $row->zone === 'Asia/Shanghai' && $row->who === $i;
};
$page(-1);
$right = each_of(30, $page);
$stats = $connection()->getPdo()->stats();
echo 'Laravel: ', count(array_filter($right)), " of 30, $stats[max] at most, $stats[leased] leased, ", $stats['created'] > 1 && $stats['created'] <= 3 ? 'few made' : "$stats[created] made", "\n";

$config = ['type' => ThinkOrm\Pgsql::class, 'hostname' => '127.0.0.1', 'hostport' => $server->port, 'database' => 'postgres', 'username' => 'test',
    'password' => '', 'tusk_pool' => ['max' => 3, 'waitTimeout' => 50.0]];
$page = function (int $i) use ($config) {
    $manager = new think\DbManager();
    $manager->setConfig(['default' => 'pgsql', 'connections' => ['pgsql' => $config]]);
    $manager->startTrans();
    $manager->execute('insert into shop.orders (who) values (?)', [1000 + $i]);
    Tusk\sleep(0.001);
    $manager->commit();
    return $manager->query('select who from shop.orders where who = ?', [1000 + $i]) === [['who' => 1000 + $i]]
        && $manager->connect()->getBuilderClass() === think\db\builder\Pgsql::class
        ? $manager->connect()->getPdo()->stats() : null;
};
$page(-1);
$right = each_of(30, $page);
$right = array_filter($right);
echo 'ThinkORM: ', count($right), ' of 30, ', max(array_column($right, 'created')) <= 3 ? 'few made' : 'many made', "\n";
?>
--EXPECT--
Laravel: 30 of 30, 3 at most, 0 leased, few made
ThinkORM: 30 of 30, few made
