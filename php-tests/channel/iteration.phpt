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
var_dump($channel->valid(), $channel->current());
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
?>
--EXPECT--
0: a
1: b
1 left
0: c
1: d
bool(false)
NULL
300
x
