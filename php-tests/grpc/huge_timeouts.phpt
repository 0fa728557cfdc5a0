--TEST--
A timeout that no clock can hold is none: the call ends as any other
--EXTENSIONS--
tusk
--FILE--
<?php
require __DIR__ . '/../include/process.inc';
$channel = new Tusk\Grpc\Channel('127.0.0.1:' . Tusk\Tests\free_port());
foreach ([1e9, 1e12, (float) PHP_INT_MAX, PHP_FLOAT_MAX, INF] as $timeout) {
    $call = Tusk\go(function () use ($channel, $timeout) {
        try {
            $channel->unary('/tusk.Test/Echo', '', timeout: $timeout);
        } catch (Tusk\ConnectionException) {
            return 'refused';
        }
    });
    echo $call->join(30.0), ' ', $channel->count(), "\n";
}
?>
--EXPECT--
refused 0
refused 0
refused 0
refused 0
refused 0
