--TEST--
parallel() gives results by their keys, so many at a time, and fails as one
--FILE--
<?php
require __DIR__ . '/../include/attempt.inc';
use function Tusk\Tests\attempt;
use function Tusk\{go, parallel};
echo json_encode(parallel(['slow' => function () { Tusk\sleep(0.002); return 1; }, 'fast' => fn () => 2, 7 => fn () => null])), "\n";
echo json_encode([parallel([]), parallel(['strtoupper' => 'time'], 1) > [0]]), "\n";
$running = $most = 0;
$calls = array_fill(0, 10, function () use (&$running, &$most) { $most = max($most, ++$running); Tusk\sleep(0); $running--; return $most; });
parallel($calls, 3);
echo "$most at a time\n";
$most = 0;
parallel($calls);
echo "$most at a time\n";
$started = 0;
attempt('a failure', function () use (&$started) { return parallel([
    function () { try { Tusk\sleep(60); } finally { echo "the other's finally\n"; } },
    function () { Tusk\sleep(0); throw new LogicException('the first'); },
    ...array_fill(0, 5, function () use (&$started) { $started++; Tusk\sleep(60); }),
], 3); });
echo "$started was started beside it\n";
attempt('too late', fn () => parallel([fn () => Tusk\sleep(60)], timeout: 0.001));
$cancelled = go(fn () => parallel([function () { try { Tusk\sleep(60); } finally { echo "ends first\n"; } }, fn () => 1], 1));
Tusk\sleep(0);
Tusk\sleep(0);
$cancelled->cancel();
attempt('cancelled', fn () => $cancelled->join());
attempt('nothing', fn () => parallel());
attempt('text', fn () => parallel('time'));
attempt('not callable', fn () => parallel([fn () => 1, 'no_such_function']));
attempt('limit 0', fn () => parallel([fn () => 1], 0));
attempt('negative', fn () => parallel([fn () => 1], 1, -1));
Tusk\Context::set('who', 'inherited');
echo parallel([fn () => Tusk\Context::get('who')])[0], "\n";
--EXPECT--
{"slow":1,"fast":2,"7":null}
[[],false]
3 at a time
10 at a time
the other's finally
a failure: LogicException: the first
1 was started beside it
too late: Tusk\TimeoutException: Tusk\parallel() reached its deadline; what was still running has been cancelled
ends first
cancelled: Tusk\CancelledException: the coroutine was cancelled
nothing: ArgumentCountError: Tusk\parallel() expects at least 1 argument, 0 given
text: TypeError: Tusk\parallel(): Argument #1 ($callables) must be of type array, string given
not callable: TypeError: Tusk\parallel(): Argument #1 ($callables) must hold callables
limit 0: ValueError: Tusk\parallel(): Argument #2 ($limit) must be null or one or more
negative: ValueError: Tusk\parallel(): Argument #3 ($timeout) must be zero or more seconds, -1 given
inherited
