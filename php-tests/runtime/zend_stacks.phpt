--TEST--
With PHP's own stacks all works the same
--INI--
tusk.stacks=zend
--FILE--
<?php
use Tusk\Channel;
echo Tusk\Runtime::info()['stacks'], "\n";
$channel = new Channel();
for ($i = 0; $i < 200; $i++) {
    $coroutines[] = Tusk\go(function () use ($channel, $i) {
        Tusk\sleep(0.001);
        $channel->send($i);
        return (new Fiber(function () use ($i) { Tusk\sleep(0); return $i; }))->start();
    });
}
$sum = 0;
for ($i = 0; $i < 200; $i++) { $sum += $channel->receive(); }
echo $sum, "\n";
foreach ($coroutines as $coroutine) { $coroutine->join(); }
try { Tusk\timeout(0.001, fn () => Tusk\sleep(60)); } catch (Tusk\TimeoutException $e) { echo $e->getMessage(), "\n"; }
function deep(int $n) { return $n ? array_map('deep', [$n - 1])[0] + 1 : (Tusk\sleep(0) ?? 0); }
echo Tusk\go('deep', 300)->join(), "\n";
Tusk\go(function () { try { Tusk\sleep(60); } finally { echo "finally\n"; } });
Tusk\sleep(0);
exit("end\n");
?>
--EXPECT--
PHP's own, with its guards (tusk.stacks = zend)
19900
Tusk\timeout() of 0.001 seconds timed out
300
end
finally
