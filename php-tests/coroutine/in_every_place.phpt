--TEST--
A coroutine may wait in whatever calls PHP code
--FILE--
<?php
use Tusk\Coroutine;
class Magic implements ArrayAccess, IteratorAggregate, Countable, JsonSerializable
{
    private function wait($what) { Tusk\sleep(0.0005); return $what; }
    public function __get($name) { return $this->wait("get $name"); }
    public function __call($name, $arguments) { return $this->wait("call $name"); }
    public function __toString(): string { return $this->wait('string'); }
    public function __clone() { $this->wait(1); }
    public function offsetGet($offset): mixed { return $this->wait("offset $offset"); }
    public function offsetSet($offset, $value): void { $this->wait(1); }
    public function offsetExists($offset): bool { return $this->wait(true); }
    public function offsetUnset($offset): void { $this->wait(1); }
    public function getIterator(): Iterator { foreach ([1, 2] as $i) { $this->wait(1); yield $i; } }
    public function count(): int { return $this->wait(5); }
    public function jsonSerialize(): mixed { return $this->wait('json'); }
}
$places = [
    'array_map' => fn () => implode(',', array_map(function ($x) { Tusk\sleep(0.0005); return $x * 2; }, [1, 2, 3])),
    'usort' => function () { $a = [3, 1, 2]; usort($a, function ($x, $y) { Tusk\sleep(0.0002); return $x <=> $y; }); return implode(',', $a); },
    'array_walk' => function () { $a = [1, 2]; array_walk($a, function (&$x) { Tusk\sleep(0.0005); $x++; }); return implode(',', $a); },
    'preg_replace_callback' => fn () => preg_replace_callback('/\d/', function ($m) { Tusk\sleep(0.0005); return $m[0] * 2; }, 'a1b2c3'),
    'call_user_func' => fn () => call_user_func_array(function ($x) { Tusk\sleep(0.0005); return $x; }, ['x' => 'named']),
    'get' => fn () => (new Magic())->name,
    'call' => fn () => (new Magic())->name(),
    'string' => fn () => 'as ' . new Magic(),
    'offset' => fn () => (new Magic())[3],
    'isset' => fn () => isset((new Magic())[3]) ? 'set' : 'not set',
    'iterator' => fn () => implode(',', iterator_to_array(new Magic())),
    'count' => fn () => count(new Magic()),
    'json' => fn () => json_encode(new Magic()),
    'clone' => fn () => get_class(clone new Magic()),
    'reflection' => fn () => (new ReflectionFunction(function () { Tusk\sleep(0.0005); return 'invoked'; }))->invoke(),
    'spread' => fn () => implode(',', [...new Magic()]),
    'match' => fn () => match (true) { (bool) count(new Magic()) => 'matched' },
    'eval' => fn () => eval('Tusk\sleep(0.0005); return "evaluated";'),
    'yield from' => function () { $inner = function () { Tusk\sleep(0.0005); yield 1; }; $outer = function () use ($inner) { yield 0; yield from $inner(); }; return implode(',', iterator_to_array($outer(), false)); },
    'error handler' => function () { set_error_handler(function ($l, $m) { Tusk\sleep(0.0005); echo ''; return true; }); try { return 'handled' . @$undefined; } finally { restore_error_handler(); } },
];
for ($round = 0; $round < 3; $round++) {
    $running = array_map(fn ($place) => Tusk\go($place), $places);
    foreach ($running as $name => $coroutine) {
        $result = $coroutine->join();
        if ($round === 2) {
            echo str_pad($name, 22), $result, "\n";
        }
    }
}
?>
--EXPECT--
array_map             2,4,6
usort                 1,2,3
array_walk            2,3
preg_replace_callback a2b4c6
call_user_func        named
get                   get name
call                  call name
string                as string
offset                offset 3
isset                 set
iterator              1,2
count                 5
json                  "json"
clone                 Magic
reflection            invoked
spread                1,2
match                 matched
eval                  evaluated
yield from            0,1
error handler         handled
