--TEST--
A channel passes values in order; without room the sender waits
--FILE--
<?php
use Tusk\Channel;
$channel = new Channel(2);
$producer = Tusk\go(function () use ($channel) {
    for ($i = 0; $i < 4; $i++) {
        $channel->send($i);
        echo "sent $i, ", count($channel), " inside\n";
    }
    $channel->close();
});
Tusk\sleep(0);
echo "two fit\n";
foreach ($channel as $key => $value) {
    echo "$key: $value\n";
}
var_dump($channel->isClosed(), count($channel));
$channel = new Channel();
Tusk\go(function () use ($channel) { $channel->send('by hand'); echo "taken\n"; });
Tusk\sleep(0);
echo $channel->receive(), "\n";
Tusk\sleep(0);
$object = new stdClass();
$typed = new Channel(10);
foreach ([null, false, 0, '', [], $object, 1.5] as $value) { $typed->send($value); }
while (count($typed)) { echo json_encode($typed->receive()), ' '; }
echo "\n";
$a = 1;
$reference = &$a;
$typed->send($reference);
$a = 2;
echo $typed->receive(), "\n";
?>
--EXPECT--
sent 0, 1 inside
sent 1, 2 inside
two fit
0: 0
1: 1
2: 2
sent 2, 0 inside
sent 3, 1 inside
3: 3
bool(true)
int(0)
by hand
taken
null false 0 "" [] {} 1.5 
1
