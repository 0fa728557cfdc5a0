--TEST--
Messages of google/protobuf as payloads and answers
--SKIPIF--
<?php
require __DIR__ . '/../include/autoload.inc';
require __DIR__ . '/../include/goridge.inc';
Tusk\Tests\skip_without_goridge_server();
Tusk\Tests\skip_without_package('google/protobuf');
?>
--FILE--
<?php
require __DIR__ . '/../include/autoload.inc';
require __DIR__ . '/../include/goridge.inc';
Tusk\Tests\load_package('google/protobuf');
use Google\Protobuf\{Duration, StringValue};
use Tusk\Rpc\Goridge;
use function Tusk\Tests\failure_of;

$rpc = Goridge::connect(Tusk\Tests\goridge_server(), 'protobuf');
$sent = (new StringValue())->setValue('hello');
$answer = $rpc->call('Test.Echo', $sent, into: StringValue::class);
var_dump($answer instanceof StringValue, $answer !== $sent, $answer->getValue());

echo "into a message that is there\n";
$mine = (new Duration())->setSeconds(1);
var_dump($rpc->call('Test.Echo', (new Duration())->setNanos(5), into: $mine) === $mine, $mine->getSeconds(), $mine->getNanos());

echo "bytes in and out\n";
var_dump($rpc->call('Test.Echo', $sent) === $sent->serializeToString());
var_dump($rpc->call('Test.Echo', $sent->serializeToString(), into: StringValue::class)->getValue());

echo "by a Future\n";
var_dump($rpc->callAsync('Test.Echo', $sent)->await(into: StringValue::class)->getValue());

echo "what does not fit\n";
echo failure_of(fn () => $rpc->call('Test.Echo', $sent, into: stdClass::class)), "\n";
echo strtok(failure_of(fn () => $rpc->call('Test.Echo', "\x0a\x7f", into: StringValue::class)), ':'), "\n";
echo failure_of(fn () => $rpc->call('Test.Error', 'remote', into: StringValue::class)), "\n";

echo "50 coroutines\n";
$wrong = 0;
$all = [];
for ($i = 0; $i < 50; $i++) {
    $all[] = Tusk\go(function () use ($rpc, $i, &$wrong): void {
        for ($call = 0; $call < 10; $call++) {
            $answer = $rpc->call('Test.Echo', (new Duration())->setSeconds($i)->setNanos($call), into: Duration::class);
            $wrong += $answer->getSeconds() !== $i || $answer->getNanos() !== $call;
        }
    });
}
array_map(fn ($coroutine) => $coroutine->join(), $all);
var_dump($wrong);
?>
--EXPECT--
bool(true)
bool(true)
string(5) "hello"
into a message that is there
bool(true)
int(1)
int(5)
bytes in and out
bool(true)
string(5) "hello"
by a Future
string(5) "hello"
what does not fit
Tusk\MisuseError: the answer is a protobuf message: it is read into a message of google/protobuf or a class of such messages, and what was given is neither (is google/protobuf installed?)
Google\Protobuf\Internal\GPBDecodeException
Tusk\RemoteException: Test.Error at tcp://HOST failed: remote
50 coroutines
int(0)
