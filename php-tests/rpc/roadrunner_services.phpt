--TEST--
Typed clients of RoadRunner's services write and read what its protocol says
--DESCRIPTION--
The bytes were made by Google's protobuf for Python from RoadRunner's own .proto files.
--SKIPIF--
<?php
require __DIR__ . '/../include/goridge.inc';
Tusk\Tests\skip_without_goridge_server();
?>
--FILE--
<?php
require __DIR__ . '/../include/goridge.inc';
require __DIR__ . '/../../php/autoload.php';
use Tusk\Rpc\Goridge;
use Tusk\Rpc\RoadRunner\{Informer, Jobs, Kv, Lock, Message, Metrics, Status};
use function Tusk\Tests\failure_of;

$rpc = Goridge::connect(Tusk\Tests\goridge_server());
$raw = $rpc->withCodec('raw');
$script = fn (string $method, string $hex = '', int $flag = 128) => $raw->call('Test.Script', "$method:$flag:" . hex2bin($hex));
$asked = fn (string $method): string => bin2hex($raw->call('Test.Asked', $method));

echo "kv\n";
$kv = new Kv($rpc, 'cache');
$script('kv.MGet', '0a070a0161120231ff');
var_dump($kv->many(['a', 'b']) === ['a' => "1\xff", 'b' => null], $asked('kv.MGet') === '0a05636163686512030a016112030a0162');
var_dump($kv->get('b'), $kv->get('a') === "1\xff");
$script('kv.Has', '0a070a0161120231ff');
var_dump($kv->has('a'), $kv->has('c'));
$script('kv.Set');
$kv->set('a', 'v');
var_dump($asked('kv.Set') === '0a05636163686512060a0161120176');
$kv->set('a', 'v', 60.5);
$item = Message::read(Message::read(hex2bin($asked('kv.Set')))[2][0]);
$until = new DateTimeImmutable($item[3][0]);
var_dump(abs($until->format('U.u') - microtime(true) - 60.5) < 5, preg_match('/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00$/', $item[3][0]));
$script('kv.TTL', '0a190a01611a14323032362d31312d32365430303a30303a30305a');
var_dump($kv->expiry(['a', 'b']) === ['a' => '2026-11-26T00:00:00Z', 'b' => null]);
$script('kv.MExpire');
$kv->expire(['a'], 1);
// PHP makes numbers of keys that are digits.
$digits = array_keys(['7' => 'v']);
$script('kv.MGet', '0a060a0137120176');
var_dump($kv->many($digits) === ['7' => 'v'], $asked('kv.MGet') === '0a05636163686512030a0137');
$kv->expire($digits, 1);
var_dump(Message::read(Message::read(hex2bin($asked('kv.MExpire')))[2][0])[1][0]);
$script('kv.TTL');
var_dump($kv->expiry($digits) === ['7' => null]);
$script('kv.Delete');
$kv->delete('a', 'b');
$script('kv.Clear');
$kv->clear();
var_dump($asked('kv.Delete') === '0a05636163686512030a016112030a0162', $asked('kv.Clear') === '0a056361636865');

echo "lock\n";
$lock = new Lock($rpc);
foreach (['Lock', 'LockRead', 'Release', 'ForceRelease', 'Exists', 'UpdateTTL'] as $method) {
    $script("lock.$method", '0801');
}
var_dump($lock->lock('r', 'me', 1.5, 0.25), $asked('lock.Lock') === '0a017212026d6518e0c65b2090a10f');
var_dump(strlen($lock->lockRead('r')), $lock->release('r', 'me'), $lock->forceRelease('r'), $lock->exists('r'), $lock->updateTtl('r', 'me', 2));
$script('lock.Lock');
var_dump($lock->lock('r', 'me'));

echo "status\n";
$status = new Status($rpc);
$script('status.Status', '08c80112026f6b');
var_dump($status->status('http'), $asked('status.Status') === '0a0468747470');
echo failure_of(fn () => $status->ready('http')), "\n";

echo "jobs\n";
$jobs = new Jobs($rpc);
$script('jobs.Push');
$id = $jobs->push('emails', 'App\Ping', '{"x":1}', ['h' => ['a', '', 'b']], delay: 5, autoAck: true, id: '1');
var_dump($id, $asked('jobs.Push') === '0a350a084170705c50696e671201311a077b2278223a317d220d0a016812080a01610a000a01622a0e080a1206656d61696c7318053001');
var_dump(preg_match('/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/', $jobs->push('emails', 'A')));
$script('jobs.PushBatch');
var_dump($jobs->pushBatch('emails', [['name' => 'A', 'id' => '2'], ['name' => 'B', 'id' => '3', 'payload' => 'p', 'priority' => -1]]));
var_dump($asked('jobs.PushBatch') === '0a120a01411201322a0a080a1206656d61696c730a1e0a01421201331a01702a1308ffffffffffffffffff011206656d61696c73');
foreach (['Pause', 'Resume', 'Declare'] as $method) {
    $script("jobs.$method");
}
$jobs->pause('a', 'b');
$jobs->resume('a');
$jobs->declare(['name' => 'q']);
var_dump($asked('jobs.Pause') === '0a01610a0162', $asked('jobs.Declare') === '0a090a046e616d65120171');
$script('jobs.List', '0a01610a0162');
$script('jobs.Destroy', '0a0161');
var_dump($jobs->list() === ['a', 'b'], $jobs->destroy('a') === ['a']);
$script('jobs.Stat', '0a1f0a017112066d656d6f72791a0171200328ffffffffffffffffff013801400a');
echo json_encode($jobs->stat()), "\n";

echo "metrics and informer\n";
$metrics = new Metrics($rpc);
foreach (['Add', 'Sub', 'Set', 'Observe', 'Declare', 'Unregister'] as $method) {
    $script("metrics.$method", bin2hex('true'), 8);
}
$metrics->add('requests', 1, ['GET']);
$metrics->observe('seconds', 0.25);
$metrics->declare('requests', 'counter', 'Requests served.', ['method']);
$metrics->unregister('old');
echo hex2bin($asked('metrics.Add')), hex2bin($asked('metrics.Observe')), hex2bin($asked('metrics.Declare')), hex2bin($asked('metrics.Unregister')), "\n";
$informer = new Informer($rpc);
$script('informer.List', bin2hex('["http","jobs"]'), 8);
$script('informer.Workers', bin2hex('{"workers":[{"pid":7}]}'), 8);
$script('informer.AddWorker', bin2hex('true'), 8);
$informer->addWorker('http');
echo json_encode([$informer->list(), $informer->workers('http')]), hex2bin($asked('informer.AddWorker')), "\n";

echo "what cannot be read\n";
foreach (['0a', '0b', '0aff', '08ffffffffffffffffffff01'] as $hex) {
    $script('jobs.List', $hex);
    echo strtok(failure_of(fn () => $jobs->list()), ':'), "\n";
}
?>
--EXPECT--
kv
bool(true)
bool(true)
NULL
bool(true)
bool(true)
bool(false)
bool(true)
bool(true)
int(1)
bool(true)
bool(true)
bool(true)
string(1) "7"
bool(true)
bool(true)
bool(true)
lock
string(2) "me"
bool(true)
int(32)
bool(true)
bool(true)
bool(true)
bool(true)
NULL
status
int(200)
bool(true)
Tusk\RemoteException: status.Ready at tcp://HOST failed: rpc: can't find service status.Ready
jobs
string(1) "1"
bool(true)
int(1)
array(2) {
  [0]=>
  string(1) "2"
  [1]=>
  string(1) "3"
}
bool(true)
bool(true)
bool(true)
bool(true)
bool(true)
[{"pipeline":"q","driver":"memory","queue":"q","active":3,"delayed":-1,"reserved":0,"ready":true,"priority":10}]
metrics and informer
{"name":"requests","value":1,"labels":["GET"]}{"name":"seconds","value":0.25,"labels":[]}{"name":"requests","collector":{"type":"counter","help":"Requests served.","labels":["method"]}}"old"
[["http","jobs"],[{"pid":7}]]"http"
what cannot be read
Tusk\ProtocolException
Tusk\ProtocolException
Tusk\ProtocolException
Tusk\ProtocolException
