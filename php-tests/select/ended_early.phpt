--TEST--
A select that times out or is cancelled has done nothing, or says what it did
--EXTENSIONS--
pcntl
--FILE--
<?php
use Tusk\Channel;
use function Tusk\go;
[$a, $b, $c] = [new Channel(), new Channel(), new Channel(1)];
$c->send('full');
foreach ([0, 0.001] as $timeout) {
    try { Channel::select([$a, [$b, 'x'], [$c, 'y']], $timeout); } catch (Tusk\TimeoutException $e) { echo $e->getMessage(), "\n"; }
}
echo count($a), count($b), count($c), "\n";
// Cancelled between its wake-up for a value and its run: the value goes to the next.
$selects = go(function () use ($a, $b) { try { Channel::select([$a, $b]); } catch (Tusk\CancelledException) { echo "cancelled\n"; } });
$next = go(fn () => $a->receive());
Tusk\sleep(0);
$a->send('for the select');
$selects->cancel();
echo $next->join(), "\n";
// Cancelled when its value had been taken: it was sent.
$selects = go(function () use ($a, $b) {
    echo json_encode(Channel::select(['b' => $b, 'send' => [$a, 'taken']])), "\n";
    try { Tusk\sleep(0); } catch (Tusk\CancelledException) { echo "cancelled at the next wait\n"; }
});
Tusk\sleep(0);
echo $a->receive(), "\n";
$selects->cancel();
$selects->join();
// While one channel has woken it, another does not count on it.
$selects = go(fn () => Channel::select(['a' => $a, 'b' => $b]));
Tusk\sleep(0);
$a->send('a');
try { $b->send('b', 0); } catch (Tusk\TimeoutException) { echo "b found no receiver\n"; }
echo json_encode($selects->join()), ' ', count($b), "\n";
// Three that send to each other around and receive from each other do not run in circles.
$ring = [];
foreach ([[$a, $b], [$b, $c2 = new Channel()], [$c2, $a]] as $i => [$from, $to]) {
    $ring[] = go(fn () => Channel::select(['got' => $from, 'gave' => [$to, $i]], 0.01));
}
$ended = [];
foreach ($ring as $coroutine) { try { $ended[] = $coroutine->join()[0]; } catch (Tusk\TimeoutException) { $ended[] = 'nobody'; } }
sort($ended);
echo implode(' ', $ended), "\n";
$at_end = go(function () use ($a) { try { Channel::select([$a, [new Channel(), new stdClass()]]); } finally { echo "finally\n"; } });
Tusk\sleep(0);
if (($pid = pcntl_fork()) === 0) {
    try { $a->send('x', 0); } catch (Tusk\TimeoutException) { echo "child: the parent's select is not here\n"; }
    exit;
}
pcntl_waitpid($pid, $status);
--EXPECT--
Channel::select() timed out
Channel::select() timed out
001
cancelled
for the select
taken
["send",null,true]
cancelled at the next wait
b found no receiver
["a","a",true] 0
gave got nobody
child: the parent's select is not here
finally
