--TEST--
foreach takes values until the channel is closed and empty
--FILE--
<?php
use Tusk\Channel;
$channel = new Channel(10);
foreach (['a', 'b', 'c'] as $value) { $channel->send($value); }
foreach ($channel as $key => $value) {
    echo "$key: $value\n";
    if ($key === 1) {
        break;
    }
}
echo count($channel), " left\n";
$channel->send('d');
$channel->close();
foreach ($channel as $key => $value) {
    echo "$key: $value\n";
}
var_dump(iterator_to_array($channel));
$shared = new Channel();
$sums = [];
for ($worker = 0; $worker < 3; $worker++) {
    $workers[] = Tusk\go(function () use ($shared) {
        $seen = 0;
        foreach ($shared as $number) {
            $seen++;
            Tusk\sleep(0);
        }
        return $seen;
    });
}
for ($i = 0; $i < 300; $i++) { $shared->send($i); }
$shared->close();
echo array_sum(array_map(fn ($w) => $w->join(), $workers)), "\n";
$generator = (function () { $c = new Channel(1); $c->send('x'); $c->close(); yield from $c; })();
echo implode(',', iterator_to_array($generator)), "\n";
// Two loops over one channel, each with its own keys.
$channel = new Channel();
$loops = [];
for ($i = 0; $i < 2; $i++) {
    $loops[] = Tusk\go(function () use ($channel) {
        $seen = [];
        foreach ($channel as $key => $value) { $seen[] = "$key: $value"; Tusk\sleep(0); }
        return implode(', ', $seen);
    });
}
foreach (range('a', 'f') as $value) { $channel->send($value); }
$channel->close();
foreach ($loops as $loop) { echo $loop->join(), "\n"; }
// A loop inside a loop.
$channel = new Channel(4);
foreach ([1, 2, 3, 4] as $value) { $channel->send($value); }
$channel->close();
foreach ($channel as $key => $value) {
    foreach ($channel as $inner => $other) { echo "$key: $value, $inner: $other\n"; break; }
}
try { new Tusk\ChannelIterator(); } catch (Tusk\MisuseError $e) { echo $e->getMessage(), "\n"; }
$iterator = (new Channel(1))->getIterator();
var_dump($iterator->valid(), $iterator->current(), $iterator->key());
?>
--EXPECT--
0: a
1: b
1 left
0: c
1: d
array(0) {
}
300
x
0: a, 1: b, 2: d, 3: e
0: c, 1: f
0: 1, 0: 2
1: 3, 0: 4
a ChannelIterator is made by foreach over a channel, or by its getIterator()
bool(false)
NULL
int(0)
