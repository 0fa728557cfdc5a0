--TEST--
100,000 calls of 1,000 coroutines with cancels, restarts and garbage: every answer belongs to its question
--DESCRIPTION--
TUSK_LONG=1 makes it a million calls. Every call ends exactly once: with its own answer or with
one exception. In the end nothing is in flight and memory is where it was.
--SKIPIF--
<?php
require __DIR__ . '/../include/goridge.inc';
Tusk\Tests\skip_without_goridge_server();
?>
--INI--
memory_limit=512M
--FILE--
<?php
require __DIR__ . '/../include/goridge.inc';
use Tusk\Rpc\Goridge;

const COROUTINES = 1000;
$each = getenv('TUSK_LONG') ? 1000 : 100;
mt_srand(20261126);
$modes = ['--shuffle', '--chaos', '5000'];
$address = Tusk\Tests\goridge_server($modes, $server, $port);
$rpc = Goridge::connect($address);
[$asked, $answered, $failed, $wrong, $failures] = [0, 0, 0, 0, []];
$wait = new Tusk\WaitGroup(COROUTINES);

$one = static function (int $number) use ($rpc, &$asked, &$answered, &$failed, &$wrong, &$failures): void {
    $question = ['n' => $number, 'r' => mt_rand()];
    $asked++;
    $ends = 0;
    try {
        $answer = match ($number % 10) {
            0 => $rpc->call('Test.Sleep', $number % 7, 0.2) === $number % 7 ? $question : null,
            1 => $rpc->callAsync('Test.Echo', $question, 0.2)->await(),
            2 => $rpc->withCodec('msgpack')->call('Test.Echo', $question, 0.2),
            default => $rpc->call('Test.Echo', $question, 0.2),
        };
        $ends++;
        $answered++;
        $wrong += $answer !== $question;
    } catch (Tusk\Failure $failure) {
        $ends++;
        $failed++;
        $failures[$failure::class] = ($failures[$failure::class] ?? 0) + 1;
        $failure instanceof Tusk\CancelledException && throw $failure;
    } finally {
        $ends === 1 || $wrong++;
    }
};
/** A coroutine of the test; one that was cancelled is followed by another. */
$body = static function (int $id) use ($each, $one, $wait): void {
    for ($call = 0; $call < $each; $call++) {
        Tusk\go(static function () use ($one, $id, $call): void {
            // Every 50th call is cancelled at some point of its life.
            $running = Tusk\Coroutine::current();
            if ($call % 50 === 7) {
                Tusk\go(static function () use ($running): void {
                    Tusk\sleep(mt_rand(0, 3) / 1000);
                    $running->cancel();
                });
            }
            try {
                $one($id * 1000 + $call);
            } catch (Tusk\CancelledException) {
            }
        })->join();
    }
    $wait->done();
};
$memory = memory_get_usage();
for ($id = 0; $id < COROUTINES; $id++) {
    Tusk\go($body, $id);
}
$restarts = Tusk\go(static function () use ($modes, &$server, &$port): void {
    while (true) {
        Tusk\sleep(0.3);
        $server->stop(SIGKILL);
        Tusk\Tests\goridge_server($modes, $server, $port);
    }
});
$wait->wait();
$restarts->cancel();
unset($restarts);

var_dump($asked === COROUTINES * $each, $asked === $answered + $failed, $wrong);
var_dump($answered > $asked / 2, $failed > 0, isset($failures[Tusk\ConnectionException::class]), isset($failures[Tusk\CancelledException::class]));
var_dump(array_diff(array_keys($failures), [Tusk\ConnectionException::class, Tusk\ProtocolException::class, Tusk\RemoteException::class,
    Tusk\TimeoutException::class, Tusk\CancelledException::class]) === []);
$stats = $rpc->stats();
var_dump($stats['in_flight'], $stats['connects'] > 3);
gc_collect_cycles();
var_dump(memory_get_usage() - $memory < 4 << 20);
?>
--EXPECT--
bool(true)
bool(true)
int(0)
bool(true)
bool(true)
bool(true)
bool(true)
bool(true)
int(0)
bool(true)
bool(true)
