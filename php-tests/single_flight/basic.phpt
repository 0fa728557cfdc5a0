--TEST--
Who asks for the same at the same time shares one call
--FILE--
<?php
require __DIR__ . '/../include/attempt.inc';
use function Tusk\Tests\attempt;
use function Tusk\go;
use Tusk\SingleFlight;
$flights = new SingleFlight();
$calls = [];
$page = function (string $key) use (&$calls) {
    return function () use ($key, &$calls) { $calls[] = $key; Tusk\sleep(0.001); return "page $key"; };
};
$all = array_map(fn ($key) => go(fn () => $flights->run($key, $page($key))), ['a', 'b', 'a', 'a']);
Tusk\sleep(0);
echo count($flights), " under way\n";
foreach ($all as $coroutine) { echo $coroutine->join(), "\n"; }
echo implode(' ', $calls), ', ', count($flights), " under way\n";
echo $flights->run('a', $page('a')), ', ', count($calls), " calls\n";
$fails = function () { Tusk\sleep(0); throw new LogicException('for all'); };
$all = [go(fn () => $flights->run('x', $fails)), go(fn () => $flights->run('x', $fails))];
foreach ($all as $coroutine) { attempt('a failure', fn () => $coroutine->join()); }
// The leader is cancelled, the others get it; when all have given up, it is cancelled.
$slow = function () { try { Tusk\sleep(0.003); return 'landed'; } finally { echo "the call ends\n"; } };
$leader = go(fn () => $flights->run('y', $slow));
$other = go(fn () => $flights->run('y', $slow));
Tusk\sleep(0);
$leader->cancel();
attempt('leader', fn () => $leader->join());
attempt('other', fn () => $other->join());
attempt('too slow', fn () => $flights->run('y', $slow, 0.001));
Tusk\sleep(0);
echo count($flights), " under way\n";
// forget(): who comes now makes a call of its own.
$one = go(fn () => $flights->run('z', $page('z')));
Tusk\sleep(0);
$flights->forget('z');
$two = go(fn () => $flights->run('z', $page('z')));
attempt('both', fn () => [$one->join(), $two->join()]);
echo implode(' ', $calls), "\n";
// Under a scope that stops, the call goes on for those outside it.
$outside = go(function () use ($flights, $page) { for ($i = 0; $i < 3; $i++) { Tusk\sleep(0); } return $flights->run('s', $page('s')); });
try {
    Tusk\Scope::run(function (Tusk\Scope $scope) use ($flights, $page) {
        $scope->go(fn () => $flights->run('s', $page('s')));
        for ($i = 0; $i < 5; $i++) { Tusk\sleep(0); }
        throw new LogicException('the scope fails');
    });
} catch (LogicException $e) { echo $e->getMessage(), "\n"; }
echo $outside->join(), ', ', implode(' ', $calls), ', ', count($flights), " under way\n";
attempt('arguments', fn () => $flights->run('a'));
attempt('not callable', fn () => $flights->run('a', 'no_such_function'));
attempt('negative', fn () => $flights->run('a', fn () => 1, -1));
attempt('clone', fn () => clone $flights);
$round = function (int $n) use ($flights) {
    for ($i = 0; $i < $n; $i++) {
        $other = go(fn () => $flights->run("key $i", fn () => new stdClass()));
        $flights->run("key $i", fn () => new stdClass());
        $other->join();
        try { $flights->run("key $i", fn () => Tusk\sleep(60), 0); } catch (Tusk\TimeoutException) {}
    }
    Tusk\sleep(0);
};
$round(1000);
$used = memory_get_usage();
$round(5000);
echo memory_get_usage() - $used < 4096 ? 'flat' : memory_get_usage() - $used, "\n";
--EXPECT--
2 under way
page a
page b
page a
page a
a b, 0 under way
page a, 3 calls
a failure: LogicException: for all
a failure: LogicException: for all
leader: Tusk\CancelledException: the coroutine was cancelled
the call ends
other: "landed"
too slow: Tusk\TimeoutException: SingleFlight::run() timed out
the call ends
0 under way
both: ["page z","page z"]
a b a z z
the scope fails
page s, a b a z z s, 0 under way
arguments: ArgumentCountError: Tusk\SingleFlight::run() expects at least 2 arguments, 1 given
not callable: TypeError: Tusk\SingleFlight::run(): Argument #2 ($callable) must be a valid callback, function "no_such_function" not found or invalid function name
negative: ValueError: Tusk\SingleFlight::run(): Argument #3 ($timeout) must be zero or more seconds, -1 given
clone: Error: Trying to clone an uncloneable object of class Tusk\SingleFlight
flat
