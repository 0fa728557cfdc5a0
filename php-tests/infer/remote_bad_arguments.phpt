--TEST--
Remote: URLs and options that cannot be, strict types
--FILE--
<?php
declare(strict_types=1);
require __DIR__ . '/../include/attempt.inc';
use Tusk\Infer\Remote;
use function Tusk\Tests\attempt;
foreach (['', 'model', 'grpc://h:1', 'grpc://h:1/', 'ftp://h/m', 'http://h/v2/models/', 'grpc://h:1/a/b', 'grpc://h:1/m/versions/', 'http://h:1,g:1/m', 'http://u@h/m', 'http://h/m%'] as $url) {
    try { new Remote($url); } catch (ValueError $error) { echo preg_replace('/must be .*;/', 'must be …;', $error->getMessage()), "\n"; }
}
foreach (['http://h/m', 'grpc://h/m', 'https://h:1/a/v2/models/m%20n/versions/2', 'grpc://h:1,[::1]:2/m', 'grpcs://h:1/v2/models/m'] as $url) {
    attempt("\"$url\"", fn () => get_debug_type(new Remote($url)));
}
$options = [
    ['what' => 1], ['binary' => 1], ['connections' => 0], ['headers' => 'x'], ['headers' => ['a b' => 'c']], ['parameters' => ['x' => []]],
    ['parameters' => 1], ['tls' => true], ['maxReceive' => 0], ['keepalive' => 1.0], ['connectTimeout' => -1],
];
foreach ($options as $option) {
    attempt(json_encode($option), fn () => new Remote('http://h/m', $option));
}
attempt('tls', fn () => new Remote('https://h/m', ['tls' => false]));
attempt('of HTTP', fn () => new Remote('grpc://h:1/m', ['connections' => 2]));
$model = new Remote('http://127.0.0.1:1/m', ['binary' => null, 'parameters' => ['a' => 1, 'b' => 'c', 'd' => 0.5, 'e' => true]]);
attempt('timeout', fn () => $model->run([], -1.0));
attempt('strict', fn () => $model->run('x'));
attempt('strict', fn () => $model->ready('1'));
attempt('clone', fn () => clone $model);
attempt('serialize', fn () => serialize($model));
?>
--EXPECT--
Tusk\Infer\Remote::__construct(): Argument #1 ($url) must be …; "" given
Tusk\Infer\Remote::__construct(): Argument #1 ($url) must be …; "model" given
Tusk\Infer\Remote::__construct(): Argument #1 ($url) must be …; "grpc://h:1" given
Tusk\Infer\Remote::__construct(): Argument #1 ($url) must be …; "grpc://h:1/" given
Tusk\Infer\Remote::__construct(): Argument #1 ($url) must be …; "ftp://h/m" given
Tusk\Infer\Remote::__construct(): Argument #1 ($url) must be …; "http://h/v2/models/" given
Tusk\Infer\Remote::__construct(): Argument #1 ($url) must be …; "grpc://h:1/a/b" given
Tusk\Infer\Remote::__construct(): Argument #1 ($url) must be …; "grpc://h:1/m/versions/" given
Tusk\Infer\Remote::__construct(): Argument #1 ($url) must be …; "http://h:1,g:1/m" given
Tusk\Infer\Remote::__construct(): Argument #1 ($url) must be …; "http://u@h/m" given
Tusk\Infer\Remote::__construct(): Argument #1 ($url) must be …; "http://h/m%" given
"http://h/m": "Tusk\\Infer\\Remote"
"grpc://h/m": "Tusk\\Infer\\Remote"
"https://h:1/a/v2/models/m%20n/versions/2": "Tusk\\Infer\\Remote"
"grpc://h:1,[::1]:2/m": "Tusk\\Infer\\Remote"
"grpcs://h:1/v2/models/m": "Tusk\\Infer\\Remote"
{"what":1}: ValueError: Tusk\Infer\Remote::__construct(): Argument #2 ($options) has the option "what", which is unknown; known are headers, parameters, binary, connections, tls, connectTimeout, maxReceive, calls; over gRPC those of Tusk\Grpc\Channel instead of binary and connections
{"binary":1}: ValueError: Tusk\Infer\Remote::__construct(): Argument #2 ($options) has the option "binary", which must be true, false, or null to ask the server
{"connections":0}: ValueError: Tusk\Infer\Remote::__construct(): Argument #2 ($options) has the option "connections", which must be a number from 1 to 65536
{"headers":"x"}: ValueError: Tusk\Infer\Remote::__construct(): Argument #2 ($options) has the option "headers", which must be an array of names to strings
{"headers":{"a b":"c"}}: Tusk\MisuseError: cannot send metadata: "a b" is no name for it: letters, digits, hyphens, underscores and dots are allowed
{"parameters":{"x":[]}}: ValueError: Tusk\Infer\Remote::__construct(): Argument #2 ($options) has the option "parameters", which must be an array of names to strings, numbers or booleans
{"parameters":1}: ValueError: Tusk\Infer\Remote::__construct(): Argument #2 ($options) has the option "parameters", which must be an array of names to strings, numbers or booleans
{"tls":true}: ValueError: Tusk\Infer\Remote::__construct(): Argument #2 ($options) has the option "tls", which must be absent, or the URL grpcs:// or https://
{"maxReceive":0}: ValueError: Tusk\Infer\Remote::__construct(): Argument #2 ($options) has the option "maxReceive", which must be a number from 1 to 4294967295
{"keepalive":1}: ValueError: Tusk\Infer\Remote::__construct(): Argument #2 ($options) has the option "keepalive", which is unknown; known are headers, parameters, binary, connections, tls, connectTimeout, maxReceive, calls; over gRPC those of Tusk\Grpc\Channel instead of binary and connections
{"connectTimeout":-1}: ValueError: Tusk\Infer\Remote::__construct(): Argument #2 ($options) has the option "connectTimeout", which must be zero or more seconds
tls: ValueError: Tusk\Infer\Remote::__construct(): Argument #2 ($options) has the option "tls", which must be true or an array, because the URL says so
of HTTP: ValueError: Tusk\Infer\Remote::__construct(): Argument #2 ($options) has the option "connections", which must be absent: it is of http:// and https://
timeout: ValueError: Tusk\Infer\Remote::run(): Argument #2 ($timeout) must be zero or more seconds, -1 given
strict: TypeError: Tusk\Infer\Remote::run(): Argument #1 ($inputs) must be of type array, string given
strict: TypeError: Tusk\Infer\Remote::ready(): Argument #1 ($timeout) must be of type ?float, string given
clone: Error: Trying to clone an uncloneable object of class Tusk\Infer\Remote
serialize: Exception: Serialization of 'Tusk\Infer\Remote' is not allowed
