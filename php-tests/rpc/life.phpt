--TEST--
Fork, exit, destruction and deadlock with a Goridge client; memory stays flat
--SKIPIF--
<?php
require __DIR__ . '/../include/goridge.inc';
Tusk\Tests\skip_without_goridge_server();
extension_loaded('pcntl') || exit('skip needs the extension pcntl');
?>
--FILE--
<?php
require __DIR__ . '/../include/goridge.inc';
use Tusk\Rpc\Goridge;
use function Tusk\Tests\failure_of;

$address = Tusk\Tests\goridge_server();
$rpc = Goridge::connect($address);
$parents = $rpc->callAsync('Test.Sleep', 30);

echo "fork\n";
$own = $rpc->call('Test.Connection');
flush();
$pid = pcntl_fork();
if ($pid === 0) {
    $good = $rpc->call('Test.Connection') !== $own
        && str_contains(failure_of(fn () => $parents->await()), 'forked')
        && $rpc->call('Test.Echo', 'child') === 'child';
    posix_kill(getmypid(), $good ? SIGTERM : SIGKILL);
}
pcntl_waitpid($pid, $status);
echo pcntl_wifsignaled($status) && pcntl_wtermsig($status) === SIGTERM ? "the child has its own connection\n" : "status $status\n";
var_dump($parents->await(), $rpc->call('Test.Connection') === $own, $rpc->stats()['connects']);

echo "an idle connection does not hide a deadlock\n";
echo failure_of(fn () => (new Tusk\WaitGroup(1))->wait()), "\n";

echo "memory\n";
$measure = static function () use ($rpc): array {
    for ($i = 0; $i < 2000; $i++) {
        $rpc->call('Test.Echo', ['some' => 'payload', 'n' => $i]);
        $rpc->callAsync('Test.Echo', $i)->await();
        if ($i % 100 === 0) {
            failure_of(fn () => $rpc->call('Test.Error', 'x'));
            failure_of(fn () => $rpc->call('Test.BadCrc', 'x'));
            failure_of(fn () => $rpc->withCodec('msgpack')->call('Test.Echo', [1, ['x' => 2]]));
        }
    }
    gc_collect_cycles();
    preg_match('/VmRSS:\s+(\d+)/', file_get_contents('/proc/self/status'), $resident);
    return [memory_get_usage(), (int) $resident[1]];
};
$measure();
[$before, $residentBefore] = $measure();
[$after, $residentAfter] = $measure();
var_dump($after - $before < 1000, $residentAfter - $residentBefore < 2000);
for ($i = 0; $i < 200; $i++) {
    Goridge::connect($address)->call('Test.Echo');
}
Tusk\sleep(0.01);
var_dump(count(glob('/proc/self/fd/*')) < 50);

echo "closed while somebody waits\n";
$waits = Tusk\go(fn () => failure_of(fn () => $rpc->call('Test.Never')));
Tusk\sleep(0);
$rpc->close();
echo $waits->join(), "\n";

echo "exit while somebody waits\n";
$script = '$rpc = Tusk\Rpc\Goridge::connect($argv[1]);
    Tusk\go(function () use ($rpc) { try { $rpc->call("Test.Never"); } finally { echo "finally "; } });
    Tusk\sleep(0.01); exit(7);';
$child = Tusk\Tests\Process::start([...Tusk\Tests\php_with_tusk(), '-r', $script, $address]);
echo $child->wait(), ' ', $child->output(), "\n";
?>
--EXPECTF--
fork
the child has its own connection
int(30)
bool(true)
int(1)
an idle connection does not hide a deadlock
Tusk\MisuseError: deadlock: WaitGroup::wait() can never end, because every coroutine waits for another and no timer or I/O is under way; look for a channel nobody sends to, or a coroutine nobody resumes. Who waits for what:
  coroutine #0 (the main script) waits in Tusk\WaitGroup->wait() at %s:%d, for Tusk\WaitGroup %d: 1 not done
memory
bool(true)
bool(true)
bool(true)
closed while somebody waits
Tusk\ConnectionException: cannot make a call: the client of tcp://HOST was closed
exit while somebody waits
7 finally 
