--TEST--
libcurl goes on with a transfer when its progress callback has thrown: others run meanwhile, and none of them sees the exception
--EXTENSIONS--
curl
--FILE--
<?php
use function Tusk\go;

$listener = stream_socket_server('tcp://127.0.0.1:0');
$address = stream_socket_get_name($listener, false);
// The rest of each answer is sent by a coroutine of this process: a transfer that blocks waits for itself.
$answer = static function () use ($listener): void {
    $connection = stream_socket_accept($listener, 20);
    while (rtrim(fgets($connection)) !== '');
    fwrite($connection, "HTTP/1.1 200 OK\r\nContent-Length: 30\r\nConnection: close\r\n\r\n");
    for ($part = 0; $part < 3; $part++) {
        Tusk\sleep(0.02);
        fwrite($connection, str_repeat('x', 10));
        try {
            throw new LogicException('of another coroutine');
        } catch (LogicException) {
        }
    }
};
$transfer = static function (callable $progress) use ($address): array {
    $curl = curl_init("http://$address/");
    curl_setopt_array($curl, [
        CURLOPT_RETURNTRANSFER => true, CURLOPT_NOPROGRESS => false, CURLOPT_TIMEOUT => 20, CURLOPT_PROGRESSFUNCTION => $progress,
    ]);
    try {
        $result = curl_exec($curl);
    } catch (Throwable $thrown) {
        $result = get_class($thrown) . ': ' . $thrown->getMessage() . ($thrown->getPrevious() ? ' after ' . get_class($thrown->getPrevious()) : '');
    }
    return [$result, curl_errno($curl), (int) curl_getinfo($curl, CURLINFO_SIZE_DOWNLOAD)];
};

$calls = 0;
$throws = static function () use (&$calls): int {
    throw new DomainException('call ' . ++$calls);
};
// Plain PHP ends the transfer, and throws then.
$server = go($answer);
$client = go($transfer, $throws);
[$result, $error, $bytes] = $client->join();
$server->join();
var_dump(str_starts_with($result, 'DomainException: call '), $error, $bytes);

// In the main script as well.
$server = go($answer);
[$result, $error, $bytes] = $transfer($throws);
$server->join();
var_dump(str_starts_with($result, 'DomainException: call '), $error, $bytes);

// Cancelled in the rest of the transfer: it ends there, and nothing of either is lost.
$began = new Tusk\Channel(1);
$server = go($answer);
$client = go($transfer, static function () use ($began): int {
    $began->send(true);
    throw new DomainException('first');
});
$began->receive();
$client->cancel();
[$result, $error, $bytes] = $client->join();
$server->cancel();
var_dump($result, $error !== 0, $bytes < 30);

// exit() in a callback ends the script when the transfer is over.
register_shutdown_function(static function () use (&$server): void {
    echo "exit, ", $server->isDone() ? 'after' : 'before', " the answer\n";
});
$server = go($answer);
$transfer(static fn (): int => exit);
echo "not reached\n";
?>
--EXPECT--
bool(true)
int(0)
int(30)
bool(true)
int(0)
int(30)
string(74) "Tusk\CancelledException: the coroutine was cancelled after DomainException"
bool(true)
bool(true)
exit, after the answer
