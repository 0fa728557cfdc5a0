--TEST--
In the child of a fork nobody of the parent makes a value, waits for one, or is partner of a select
--EXTENSIONS--
pcntl
--FILE--
<?php
require __DIR__ . '/../include/attempt.inc';
use function Tusk\Tests\attempt;
use function Tusk\go;
use Tusk\{Channel, Once, SingleFlight};

$made = 0;
$gate = new Channel();
$once = new Once(function () use (&$made, $gate) { $gate->receive(); return 'made ' . ++$made; });
$flights = new SingleFlight();
$channel = new Channel();
$flight = fn () => $flights->run('key', function () use ($gate) { $gate->receive(); return 'landed'; });
$makes = go(fn () => $once->get());
$flies = go($flight);
$joins = go($flight);
$selects = go(fn () => Channel::select(['in' => $channel])[0]);
Tusk\sleep(0);
echo count($flights), " under way\n";

$pid = pcntl_fork();
if ($pid === 0) {
    // What the parent's coroutines had begun is not waited for here, but made anew.
    echo count($flights), " under way in the child\n";
    attempt('child, joins', fn () => $makes->join());
    attempt('child, once', fn () => $once->get(0.01));
    attempt('child, flight', fn () => $flights->run('key', fn () => 'own', 10));
    attempt('child, select', fn () => Channel::trySelect(['to nobody' => [$channel, 'value']]));
    // New ones work.
    $own = new Once(function () { Tusk\sleep(0.001); return 'new'; });
    $both = [go(fn () => $own->get()), go(fn () => $own->get())];
    echo 'child: ', implode(' ', array_map(fn ($one) => $one->join(), $both)), ' ',
        (new SingleFlight())->run('key', fn () => 'own'), "\n";
    exit;
}
pcntl_waitpid($pid, $status);
$gate->send(1);
$gate->send(1);
$channel->send('from the parent');
echo "parent: {$makes->join()}, {$flies->join()}, {$joins->join()}, {$selects->join()}\n";
echo count($flights), ' under way, status ', pcntl_wexitstatus($status), "\n";
?>
--EXPECT--
1 under way
0 under way in the child
child, joins: Tusk\MisuseError: the coroutine is the parent process's: in the child of a fork only the one that forked goes on, and there is no result to wait for
child, once: Tusk\TimeoutException: Once::get() timed out
child, flight: "own"
child, select: null
child: new new own
parent: made 1, landed, landed, in
0 under way, status 0
