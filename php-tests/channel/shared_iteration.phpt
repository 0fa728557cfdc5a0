--TEST--
Two coroutines that iterate one channel share its values
--FILE--
<?php
use Tusk\Channel;
$channel = new Channel();
$seen = [];
$iterate = function () use ($channel, &$seen) {
    foreach ($channel as $value) {
        $seen[$value] = ($seen[$value] ?? 0) + 1;
        Tusk\sleep(0);
    }
};
$both = [Tusk\go($iterate), Tusk\go($iterate)];
for ($i = 0; $i < 20; $i++) { $channel->send($i); }
$channel->close();
foreach ($both as $coroutine) { $coroutine->join(); }
ksort($seen);
echo json_encode($seen), "\n";
?>
--EXPECT--
[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]
