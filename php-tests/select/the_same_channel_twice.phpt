--TEST--
A channel may appear in a select() several times, also to send and to receive: one case happens, and nobody is its own partner
--FILE--
<?php
use Tusk\Channel;
use function Tusk\go;

echo "-- a buffer: whichever can go\n";
$channel = new Channel(1);
echo json_encode(Channel::select(['out' => $channel, 'in' => [$channel, 1]])), count($channel), "\n";
echo json_encode(Channel::select(['out' => $channel, 'in' => [$channel, 2]])), count($channel), "\n";

echo "-- a rendezvous with a receiver, and with a sender\n";
$channel = new Channel(0);
$both = static fn () => Channel::select(['out' => $channel, 'in' => [$channel, 'given']]);
$waits = go($both);
Tusk\sleep(0);
echo $channel->receive(), ' ', json_encode($waits->join()), "\n";
$waits = go($both);
Tusk\sleep(0);
$channel->send('taken');
echo json_encode($waits->join()), "\n";

echo "-- two that do both meet one another, once\n";
[$one, $other] = [go($both), go($both)];
$cases = [$one->join()[0], $other->join()[0]];
sort($cases);
echo implode(' ', $cases), "\n";

echo "-- twice the same direction\n";
$waits = go(static fn () => Channel::select([[$channel, 'first'], [$channel, 'second']]));
Tusk\sleep(0);
echo $channel->receive(), ' ', json_encode($waits->join()), "\n";
$waits = go(static fn () => Channel::select([$channel, $channel]));
Tusk\sleep(0);
$channel->send('once');
echo json_encode($waits->join()), "\n";
try {
    $channel->receive(0.001);
} catch (Tusk\TimeoutException) {
    echo "nothing is left\n";
}

echo "-- alone it waits\n";
try {
    Channel::select([$channel, [$channel, 1]], 0.001);
} catch (Tusk\TimeoutException) {
    echo "for the timeout\n";
}
$waits = go($both);
Tusk\sleep(0);
$channel->close();
try {
    echo json_encode($waits->join()), "\n";
} catch (Tusk\MisuseError $e) {
    echo strtok($e->getMessage(), ':'), "\n";
}
?>
--EXPECT--
-- a buffer: whichever can go
["in",null,true]1
["out",1,true]0
-- a rendezvous with a receiver, and with a sender
given ["in",null,true]
["out","taken",true]
-- two that do both meet one another, once
in out
-- twice the same direction
first [0,null,true]
[0,"once",true]
nothing is left
-- alone it waits
for the timeout
["out",null,false]
