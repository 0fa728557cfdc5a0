<?php
// Runs a scenario as plain PHP and again hooked, in one process, and compares everything
// that PHP code can see: the result, the warnings in their order, an exception.

function observed(callable $scenario): array
{
    $messages = [];
    set_error_handler(function (int $level, string $message) use (&$messages): bool {
        $messages[] = "$level: $message";
        return true;
    });
    try {
        $result = $scenario();
    } catch (Throwable $e) {
        $result = get_class($e) . ': ' . $e->getMessage();
    } finally {
        restore_error_handler();
    }
    return ['result' => $result, 'messages' => $messages];
}

// Outside Tusk\run() and with no other coroutine alive, every hook makes PHP's own call.
function same_as_plain(string $name, callable $scenario): void
{
    $plain = observed($scenario);
    $hooked = null;
    Tusk\run(function () use ($scenario, &$hooked) {
        Tusk\go(function () {
            Tusk\sleep(0.001);
        });
        $hooked = observed($scenario);
    });
    if ($plain === $hooked) {
        echo "$name: same\n";
        return;
    }
    echo "$name: DIFFERENT\nplain  ", json_encode($plain), "\nhooked ", json_encode($hooked), "\n";
}

// How long a call took, as a word that does not flicker: the bounds are far apart.
function about(float $seconds, callable $call): string
{
    $start = hrtime(true);
    $call();
    $took = (hrtime(true) - $start) / 1e9;
    if ($took < $seconds * 0.9) {
        return sprintf('too early (%.3f)', $took);
    }
    return $took > $seconds + 2 ? sprintf('too late (%.3f)', $took) : "about $seconds";
}

function listening(array $options = [], string $transport = 'tcp'): array
{
    $context = stream_context_create($options);
    $server = stream_socket_server("$transport://127.0.0.1:0", $errno, $error, STREAM_SERVER_BIND | STREAM_SERVER_LISTEN, $context);
    return [$server, stream_socket_get_name($server, false)];
}

// An address of the loopback that nobody listens on.
function unused_address(): string
{
    [$server, $address] = listening();
    fclose($server);
    return $address;
}
