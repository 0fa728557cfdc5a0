--TEST--
RoadRunner's own packages for KV, metrics and locks run unchanged, from many coroutines at once
--SKIPIF--
<?php
require __DIR__ . '/../include/autoload.inc';
require __DIR__ . '/../include/goridge.inc';
Tusk\Tests\skip_without_goridge_server();
Tusk\Tests\skip_without_goridge_php();
foreach (['google/protobuf', 'spiral/roadrunner-kv', 'spiral/roadrunner-metrics', 'roadrunner-php/lock', 'roadrunner-php/roadrunner-api-dto', 'psr/simple-cache'] as $package) {
    Tusk\Autoload\find($package) ?? exit("skip the Composer package $package is neither in vendor/ nor in \$TUSK_PEERS");
}
?>
--FILE--
<?php
require __DIR__ . '/../include/autoload.inc';
require __DIR__ . '/../include/goridge.inc';
Tusk\Tests\load_goridge_php();
Tusk\Tests\load_package('google/protobuf');
// Loaded without what they require beside: RoadRunner's starter, and UUIDs, which are given here.
foreach (['spiral/roadrunner-kv' => ['Spiral\RoadRunner\KeyValue\\', 'src'], 'spiral/roadrunner-metrics' => ['Spiral\RoadRunner\Metrics\\', 'src'],
    'roadrunner-php/lock' => ['RoadRunner\Lock\\', 'src'], 'psr/simple-cache' => ['Psr\SimpleCache\\', 'src']] as $package => [$prefix, $folder]) {
    Tusk\Autoload\psr4($prefix, Tusk\Autoload\find($package) . "/$folder");
}
Tusk\Autoload\psr4('RoadRunner\\', Tusk\Autoload\find('roadrunner-php/roadrunner-api-dto') . '/generated/RoadRunner');
Tusk\Autoload\psr4('GPBMetadata\\', Tusk\Autoload\find('roadrunner-php/roadrunner-api-dto') . '/generated/GPBMetadata');

use RoadRunner\Lock\Lock;
use Spiral\RoadRunner\KeyValue\Factory;
use Spiral\RoadRunner\Metrics\Metrics;
use Tusk\Rpc\RoadRunner\Rpc;

$address = Tusk\Tests\goridge_server(['--shuffle']);
$raw = Tusk\Rpc\Goridge::connect($address, 'raw');
$script = fn (string $method, string $hex, int $flag = 128) => $raw->call('Test.Script', "$method:$flag:" . hex2bin($hex));
$asked = fn (string $method): string => $raw->call('Test.Asked', $method);
$rpc = Rpc::create($address);

// Values of this package are serialized by PHP: s:1:"1";
$script('kv.Has', '0a030a0161');
$script('kv.MGet', '0a0d0a01611208733a313a2231223b');
$script('kv.Set', '');
$cache = (new Factory($rpc))->select('cache');
var_dump($cache->has('a'), $cache->get('a'), $cache->get('b', 'default'), $cache->set('a', 'v'));
echo bin2hex($asked('kv.Set')), "\n";

$script('metrics.Add', bin2hex('true'), 8);
$metrics = new Metrics($rpc);
$metrics->add('requests', 1.5, ['GET']);
echo $asked('metrics.Add'), "\n";

$script('lock.Lock', '0801');
$lock = new Lock($rpc, new class implements RoadRunner\Lock\LockIdGeneratorInterface {
    public function generate(): string { return 'generated'; }
});
var_dump($lock->lock('r', ttl: 2));
echo bin2hex($asked('lock.Lock')), "\n";
$script('lock.Lock', '');
var_dump($lock->lock('r'));

$all = [];
for ($i = 0; $i < 50; $i++) {
    $all[] = Tusk\go(function () use ($cache, $metrics, $lock): int {
        $wrong = 0;
        for ($call = 0; $call < 5; $call++) {
            $wrong += $cache->get('a') !== '1';
            $metrics->add('requests', 1);
            $wrong += $lock->lock('r') !== false;
        }
        return $wrong;
    });
}
var_dump(array_sum(array_map(fn ($coroutine) => $coroutine->join(), $all)));
?>
--EXPECT--
bool(true)
string(1) "1"
string(7) "default"
bool(true)
0a056361636865120d0a01611208733a313a2276223b
{"name":"requests","value":1.5,"labels":["GET"]}
string(9) "generated"
0a0172120967656e6572617465641880897a2000
bool(false)
int(0)
