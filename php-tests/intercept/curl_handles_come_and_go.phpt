--TEST--
A poll that libcurl's next wait takes over: handles that are closed, numbers used again, cancels, a deadlock, a fork
--EXTENSIONS--
curl
pcntl
--FILE--
<?php
require __DIR__ . '/../include/http.inc';
require __DIR__ . '/../include/parallel.inc';
use function Tusk\Tests\each_of;
use function Tusk\{go, run};

$url = Tusk\Tests\http_server();
function handle(string $url): CurlHandle
{
    $curl = curl_init($url);
    curl_setopt($curl, CURLOPT_RETURNTRANSFER, true);
    return $curl;
}

/** Descriptors of this process. */
function descriptors(): int
{
    return count(scandir('/proc/self/fd'));
}

run(static function () use ($url): void {
    // Transfers that wait one after the other, on handles that stay.
    $bodies = each_of(10, static function () use ($url): array {
        $curl = handle("$url/delay?ms=2");
        return [curl_exec($curl), curl_exec($curl), curl_exec($curl)];
    });
    echo 'the same handle: ', count(array_unique(array_merge(...$bodies))) === 1 ? 'one answer' : json_encode($bodies), "\n";

    // Closed handles, whose numbers others get at once: sockets that must be heard of.
    $before = descriptors();
    $heard = array_sum(each_of(8, static function () use ($url): int {
        for ($heard = 0, $i = 0; $i < 12; $i++) {
            $curl = handle("$url/delay?ms=1");
            curl_exec($curl);
            unset($curl);
            $pairs = array_map(static fn () => stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0), range(1, 4));
            foreach ($pairs as [$pen, $ear]) {
                $writer = go(static function () use ($pen): void {
                    Tusk\sleep(0);
                    fwrite($pen, 'x');
                });
                $heard += fread($ear, 1) === 'x';
                $writer->join();
            }
        }
        return $heard;
    }));
    echo "numbers used again: $heard heard of 384, ", descriptors() - $before, " descriptors more\n";

    // A transfer that is cancelled while it waits; the next on a new handle.
    $waiting = go(static fn () => curl_exec(handle("$url/delay?ms=60000")));
    Tusk\sleep(0.02);
    $waiting->cancel();
    try {
        $waiting->join();
        echo "the transfer ended\n";
    } catch (Tusk\CancelledException) {
        echo 'cancelled, and then: ', curl_exec(handle("$url/delay?ms=1")) === false ? 'failed' : 'an answer', "\n";
    }

    // A fork between two waits: the child's handle has no poll armed, and waits all the same.
    $curl = handle("$url/delay?ms=2");
    each_of(2, static fn ($i) => $i ? Tusk\sleep(0.001) : curl_exec($curl));
    $child = pcntl_fork();
    if ($child === 0) {
        $other = go(static fn () => Tusk\sleep(60));
        $fresh = handle("$url/delay?ms=2");
        curl_exec($fresh);
        $body = curl_exec($fresh);
        $other->cancel();
        posix_kill(getmypid(), $body === false ? SIGTERM : SIGKILL);
    }
    pcntl_waitpid($child, $status);
    echo 'the child: ', pcntl_wtermsig($status) === SIGKILL ? 'answered' : "status $status", "\n";

    curl_exec($curl);
    $GLOBALS['curl'] = $curl;
});

// What is kept is nothing to wait for.
try {
    run(static fn () => (new Tusk\Channel())->receive());
} catch (Tusk\MisuseError $error) {
    echo substr($error->getMessage(), 0, 8), "\n";
}
echo 'and again: ', curl_exec($curl) === false ? 'failed' : 'an answer', "\n";
?>
--EXPECT--
the same handle: one answer
numbers used again: 384 heard of 384, 0 descriptors more
cancelled, and then: an answer
the child: answered
deadlock
and again: an answer
