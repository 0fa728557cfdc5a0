--TEST--
select() does the one thing that can be done first
--FILE--
<?php
use Tusk\Channel;
use function Tusk\go;
[$jobs, $quit] = [new Channel(), new Channel()];
go(function () use ($jobs, $quit) {
    foreach (['a', 'b'] as $job) { $jobs->send($job); Tusk\sleep(0.001); }
    $quit->send('enough');
});
do {
    [$case, $value, $open] = Channel::select(['job' => $jobs, 'quit' => $quit]);
    echo "$case: $value ", json_encode($open), "\n";
} while ($case !== 'quit');
// To send to one and receive from another.
$in = new Channel(1);
$out = new Channel();
$taker = go(fn () => $out->receive());
Tusk\sleep(0);
echo json_encode(Channel::select([$in, [$out, 'sent']])), "\n";
echo $taker->join(), "\n";
$waits = go(fn () => Channel::select(['in' => $in, 'out' => [$out, 'not sent']]));
Tusk\sleep(0);
$in->send('received');
echo json_encode($waits->join()), "\n";
// What it did not do is not done.
try { $out->receive(0); } catch (Tusk\TimeoutException) { echo "nothing was sent\n"; }
// Closed and empty.
$in->close();
echo json_encode(Channel::select(['in' => $in, 'out' => [$out, 1]])), "\n";
$waits = go(fn () => Channel::select([$out, $jobs]));
Tusk\sleep(0);
$jobs->close();
echo json_encode($waits->join()), "\n";
$waits = go(function () use ($out) { try { Channel::select([[$out, 1]]); } catch (Tusk\MisuseError $e) { echo $e->getMessage(), "\n"; } });
Tusk\sleep(0);
$out->close();
$waits->join();
// Two selects find each other; and without waiting.
$middle = new Channel();
var_dump(Channel::trySelect([$middle]), Channel::trySelect([[$middle, 1]]));
$one = go(fn () => Channel::select(['send' => [$middle, 'hello'], 'other' => new Channel()]));
$two = go(fn () => Channel::select(['receive' => $middle, 'other' => new Channel()]));
echo json_encode([$one->join(), $two->join()]), "\n";
$sender = go(fn () => $middle->send('at once'));
Tusk\sleep(0);
echo json_encode(Channel::trySelect([$middle])), "\n";
$order = [];
foreach (['first', 'second'] as $name) {
    $all[] = go(function () use ($middle, $name, &$order) { $order[] = $name . ' ' . Channel::select([$middle, new Channel()])[1]; });
}
$all[] = go(function () use ($middle, &$order) { $order[] = 'plain ' . $middle->receive(); });
Tusk\sleep(0);
foreach ([1, 2, 3] as $value) { $middle->send($value); }
foreach ($all as $coroutine) { $coroutine->join(); }
echo implode(', ', $order), "\n";
--EXPECT--
job: a true
job: b true
quit: enough true
[1,null,true]
sent
["in","received",true]
nothing was sent
["in",null,false]
[1,null,false]
the channel is closed: nothing can be sent to it any more
NULL
NULL
[["send",null,true],["receive","hello",true]]
[0,"at once",true]
first 1, second 2, plain 3
