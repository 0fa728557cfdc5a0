<?php
/** Calls a server on grpcio in every way there is; prints one line for each. docs/grpc.md has the steps. */

declare(strict_types=1);

use Tusk\Grpc\{Call, Channel};

$channel = new Channel("127.0.0.1:$argv[1]", ['compression' => 'gzip', 'waitForReady' => true]);
$failed = 0;

function line(string $what, bool $right): void
{
    global $failed;
    $failed += $right ? 0 : 1;
    echo $right ? 'ok   ' : 'FAIL ', $what, "\n";
}

function drain(Call $call): array
{
    for ($all = []; ($message = $call->receive()) !== null;) {
        $all[] = $message;
    }
    return $all;
}

$call = new Call($channel, '/test.Grpcio/Echo', ['echo-a' => ['1', '2'], 'echo-b-bin' => "\0\xff"], 30.0, 'hello');
$headers = $call->headers();
line('unary, gzip request, metadata both ways', $call->receive() === 'hello' && $headers['echo-a'] === ['1', '2']
    && $headers['echo-b-bin'] === ["\0\xff"] && $call->status()['metadata']['trail-bin'] === ["\0\xff"]);
$status = (new Call($channel, '/test.Grpcio/Fail', message: ''))->status();
line('failure', $status['code'] === 9 && $status['details'] === 'not now: ü %' && $status['metadata']['why-bin'] === ["\1\2"]);
line('unknown method', (new Call($channel, '/test.Grpcio/No', message: ''))->status()['code'] === 12);
line('gzip answer', $channel->unary('/test.Grpcio/Gzip', 'xyz') === str_repeat('xyz', 1000));
line('server stream', drain(new Call($channel, '/test.Grpcio/Count', message: '1000')) === array_map(strval(...), range(0, 999)));
$call = new Call($channel, '/test.Grpcio/Collect');
for ($i = 0; $i < 100; $i++) {
    $call->send(str_repeat('x', 10_000));
}
$call->closeSend();
line('client stream', $call->receive() === '1000000' && $call->status()['code'] === 0);
$call = new Call($channel, '/test.Grpcio/Chat');
$right = true;
for ($i = 0; $i < 100; $i++) {
    $call->send("message $i");
    $right = $right && $call->receive() === "message $i";
}
$call->closeSend();
line('bidirectional stream', $right && $call->receive() === null && $call->status()['code'] === 0);
line('deadline', (new Call($channel, '/test.Grpcio/Wait', timeout: 0.3, message: ''))->status()['code'] === 4);
$call = new Call($channel, '/test.Grpcio/Wait', timeout: 30.0, message: '');
Tusk\sleep(0.2);
$call->cancel();
line('cancel', $call->status()['code'] === 1);
for ($tries = 0; $tries < 200 && ($told = $channel->unary('/test.Grpcio/Told', '')) !== '2 30.0'; $tries++) {
    Tusk\sleep(0.02);
}
line("the server saw both, and the deadline ($told)", $told === '2 30.0' || $told === '2 29.9');
$calls = [];
for ($i = 0; $i < 1000; $i++) {
    $calls[] = Tusk\go(fn (): bool => $channel->unary('/test.Grpcio/Echo', "number $i") === "number $i");
}
line('a thousand at once', array_sum(array_map(static fn ($call) => $call->join(), $calls)) === 1000);
exit($failed ? 1 : 0);
