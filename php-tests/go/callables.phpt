--TEST--
go() calls whatever PHP can call
--FILE--
<?php
class Thing
{
    public function method($a) { return __METHOD__ . " $a"; }
    public static function method2($a) { return __METHOD__ . " $a"; }
    public function __call($name, $arguments) { return "$name called with " . implode(',', $arguments); }
    public static function __callStatic($name, $arguments) { return "$name statically called with " . implode(',', $arguments); }
    public function __invoke($a) { return "invoked $a"; }
    private function secret() { return 'secret'; }
    public function own() { return Tusk\go([$this, 'secret'])->join(); }
}
$thing = new Thing();
foreach ([
    'strtoupper', strtoupper(...), fn ($a) => "arrow $a", [$thing, 'method'], 'Thing::method2', ['Thing', 'method2'],
    [$thing, 'magic'], ['Thing', 'magic'], $thing, $thing->method(...), $thing->magic(...),
] as $callable) {
    echo Tusk\go($callable, 'x')->join(), "\n";
}
echo $thing->own(), "\n";
echo implode(' ', Tusk\go(fn ($a, $b, $c = 3) => [$a, $b, $c], 1, c: 5, b: 2)->join()), "\n";
echo json_encode(Tusk\go(fn (...$rest) => $rest, 1, x: 5)->join()), "\n";
$value = 1;
Tusk\go(function () use (&$value) { $value = 2; })->join();
echo "$value\n";
function &reference() { static $kept = 7; return $kept; }
echo Tusk\go('reference')->join(), "\n";
Tusk\go(function (&$by_reference) { $by_reference = 9; }, $value)->join();
echo "$value\n";
?>
--EXPECTF--
X
X
arrow x
Thing::method x
Thing::method2 x
Thing::method2 x
magic called with x
magic statically called with x
invoked x
Thing::method x
magic called with x
secret
1 2 5
{"0":1,"x":5}
2
7

Warning: {closure%S}(): Argument #1 ($by_reference) must be passed by reference, value given in Unknown on line 0
2
