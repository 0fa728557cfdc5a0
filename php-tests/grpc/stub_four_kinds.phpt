--TEST--
grpc/grpc: all four kinds of calls through BaseStub, in coroutines
--SKIPIF--
<?php require __DIR__ . '/../include/grpc.inc'; require __DIR__ . '/../include/autoload.inc'; Tusk\Tests\skip_without_grpc_server(); Tusk\Tests\skip_without_package('grpc/grpc'); extension_loaded('grpc') && exit('skip ext-grpc is loaded, and its own classes are used'); ?>
--FILE--
<?php
require __DIR__ . '/../include/grpc_stub.inc';
use Tusk\Tests\Text;
$client = Tusk\Tests\insecure_client(Tusk\Tests\GrpcServer::start());
var_dump($client->waitForReady(10_000_000));
$call = $client->Echo(new Text('hello'), ['echo-Name' => ['one', 'two'], 'echo-raw-bin' => ["\0\xff"]]);
[$answer, $status] = $call->wait();
echo $answer->text, ' ', json_encode([$status->code, $status->details, $status->metadata]), ' ',
    json_encode($call->getMetadata()['echo-name']), ' ', bin2hex($call->getMetadata()['echo-raw-bin'][0]), ' ',
    substr($call->getPeer(), 0, 15), "\n";
[$answer, $status] = $client->Fail(new Text('9:not now'))->wait();
echo json_encode($answer), " $status->code $status->details ", $status->metadata['x-why'][0], "\n";

$jobs = [];
for ($i = 0; $i < 100; $i++) {
    $jobs[] = Tusk\go(fn () => $client->Echo(new Text("number $i"))->wait()[0]->text === "number $i");
}
echo array_sum(array_map(fn ($job) => $job->join(), $jobs)), " of 100\n";

$count = $client->Count(new Text('50:20'));
$seen = 0;
foreach ($count->responses() as $message) {
    $seen += unpack('J', $message->text)[1] === $seen;
}
echo "$seen responses ", $count->getStatus()->code, "\n";

$collect = $client->Collect();
for ($i = 0; $i < 10; $i++) {
    $collect->write(new Text('ten bytes!'));
}
[$answer, $status] = $collect->wait();
echo "$answer->text $status->code\n";

$chat = $client->Chat();
foreach (['a', 'b'] as $text) {
    $chat->write(new Text($text), ['flags' => Grpc\WRITE_NO_COMPRESS]);
    echo $chat->read()->text;
}
$chat->writesDone();
var_dump($chat->read());
echo $chat->getStatus()->code, "\n";
$client->close();
?>
--EXPECT--
bool(true)
hello [0,"",[]] ["one","two"] 00ff ipv4:127.0.0.1:
null 9 not now asked for
100 of 100
50 responses 0
10:100 0
abNULL
0
