<?php
/** Unary calls from so many coroutines over one channel: calls a second and CPU a call. */

declare(strict_types=1);

namespace Bench;

require __DIR__ . '/../lib/measure.php';

[, $port, $inFlight, $seconds, $bytes, $kind] = $argv;
$message = str_repeat('x', (int) $bytes);
$done = 0;

if ($kind === 'stub') {
    \Tusk\Autoload\package('grpc/grpc') || exit("grpc/grpc is not here\n");
    require __DIR__ . '/EchoClient.php';
    $stub = new EchoClient("127.0.0.1:$port", ['credentials' => \Grpc\ChannelCredentials::createInsecure()]);
    $call = static function () use ($stub, $message): string {
        [$answer, $status] = $stub->Echo(new EchoMessage($message))->wait();
        return $status->code === \Grpc\STATUS_OK ? $answer->text : throw new \RuntimeException($status->details);
    };
} else {
    $channel = new \Tusk\Grpc\Channel("127.0.0.1:$port");
    $call = static fn (): string => $channel->unary('/tusk.Test/Echo', $message);
}
$call() === $message || exit("the answer is another\n");
$begun = hrtime(true);
$cpu = cpu_ns();
$end = $begun + (int) ($seconds * 1e9);
$callers = [];
for ($i = 0; $i < (int) $inFlight; $i++) {
    $callers[] = \Tusk\go(static function () use ($call, $message, $end, &$done): void {
        while (hrtime(true) < $end) {
            $call() === $message || throw new \RuntimeException('the answer is another');
            $done++;
        }
    });
}
foreach ($callers as $caller) {
    $caller->join();
}
$elapsed = hrtime(true) - $begun;
printf("%.0f %.2f\n", $done / ($elapsed / 1e9), (cpu_ns() - $cpu) / $done / 1000);
