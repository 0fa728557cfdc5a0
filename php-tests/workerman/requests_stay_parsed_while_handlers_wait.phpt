--TEST--
A handler that waits leaves what was parsed of other requests, and a clean copy of its own, where workerman keeps them
--SKIPIF--
<?php
require __DIR__ . '/../include/autoload.inc';
Tusk\Tests\skip_without_package('workerman/workerman');
--FILE--
<?php
require __DIR__ . '/../include/workerman.inc';
require __DIR__ . '/../include/workerman_clients.php';

use Tusk\Tests\WorkermanApp;
use function Tusk\Tests\{answer, dial, eventually, get};

$app = WorkermanApp::start(<<<'PHP'
    final class OwnRequest extends \Workerman\Protocols\Http\Request
    {
        public function destroy(): void
        {
            parent::destroy();
        }
    }
    $worker = new Worker("http://127.0.0.1:$port");
    $wait = static function (string $name) use ($folder): void {
        touch("$folder/begun-$name");
        while (!file_exists("$folder/end-$name")) {
            usleep(1000);
        }
    };
    $worker->onMessage = static function (TcpConnection $connection, $request) use ($wait): void {
        $request->context['mine'] = $connection->id;
        switch (strtok($request->path(), '-')) {
            case '/kept':
                $kept = [];
                foreach ((new ReflectionMethod(TcpConnection::class, 'baseRead'))->getStaticVariables()['requests'] as $bytes => $other) {
                    if (!str_starts_with($bytes, 'GET /kept')) {
                        $clean = $other->connection === null && $other->context === [];
                        $kept[] = strtok($bytes, "\r") . ($clean ? '' : ': in use');
                    }
                }
                $connection->send(implode("\n", $kept));
                return;
            case '/wait':
                $wait(substr($request->path(), 1));
                $connection->send($request->connection === $connection && $request->context['mine'] === $connection->id ? 'own' : 'shared');
                return;
            case '/upload':
                $file = $request->file('f')['tmp_name'];
                $wait('upload');
                $connection->send((string) @file_get_contents($file));
                return;
            case '/own':
                \Workerman\Protocols\Http::requestClass(OwnRequest::class);
        }
        $connection->send($request->path());
    };
    PHP);

/** @return resource a connection that has asked and not been answered */
$ask = static function (string $bytes) use ($app) {
    fwrite($client = dial("tcp://127.0.0.1:$app->port"), $bytes);
    return $client;
};
$now = static fn (string $path): ?string => answer($ask(get($path)));
// From the second time on a request is given what workerman has kept of the first.
$before = static function (string $name, string $bytes) use ($app, $ask): ?string {
    touch("$app->folder/end-$name");
    $answer = answer($ask($bytes));
    unlink("$app->folder/end-$name");
    unlink("$app->folder/begun-$name");
    return $answer;
};
$begun = static fn (string $name) => eventually(static fn (): bool => file_exists("$app->folder/begun-$name"), "$name began");
$end = static fn (string $name): bool => touch("$app->folder/end-$name");

echo $now('/other'), ', ', $before('wait-1', get('/wait-1')), "\n";
$first = $ask(get('/wait-1'));
$begun('wait-1');
echo "kept: ", $now('/kept'), "\n";
$second = $ask(get('/wait-1'));
$end('wait-1');
echo answer($first), ', ', answer($second), "\n";

// Two requests must not name the same uploaded file.
$part = "--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a.txt\"\r\nContent-Type: text/plain\r\n\r\nits bytes\r\n--b--\r\n";
$upload = "POST /upload HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: " . strlen($part) . "\r\n\r\n$part";
echo $before('upload', $upload), "\n";
$first = $ask($upload);
$begun('upload');
$second = $ask($upload);
echo "kept: ", $now('/kept'), "\n";
$end('upload');
echo answer($first), ', ', answer($second), "\n";

// Of a class that cleans in a way of its own there is no copy.
echo $now('/own'), ', ', $before('wait-2', get('/wait-2')), "\n";
$first = $ask(get('/wait-2'));
$begun('wait-2');
echo "kept: ", $now('/kept-2'), "\n";
$end('wait-2');
echo answer($first), "\n";
$app->stop();
?>
--EXPECT--
/other, own
kept: GET /other HTTP/1.1
GET /wait-1 HTTP/1.1
own, own
its bytes
kept: GET /other HTTP/1.1
GET /wait-1 HTTP/1.1
its bytes, its bytes
/own, own
kept: GET /other HTTP/1.1
GET /wait-1 HTTP/1.1
POST /upload HTTP/1.1
GET /own HTTP/1.1
own
