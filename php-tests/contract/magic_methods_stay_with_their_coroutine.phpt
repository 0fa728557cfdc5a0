--TEST--
A magic method that waits in one coroutine is called in the others too, also for the same property of the same object
--FILE--
<?php
require __DIR__ . '/../include/turns.inc';
require __DIR__ . '/../include/parallel.inc';
use function Tusk\Tests\each_of;

#[AllowDynamicProperties]
final class Lazy
{
    public array $log = [];
    public function __get(string $name): mixed { turns(2); return $name === 'self' ? $this->self ?? 'reached itself' : "read $name"; }
    public function __set(string $name, mixed $value): void { turns(2); $this->log[] = "$name=$value"; }
    public function __isset(string $name): bool { turns(2); return $name !== 'none'; }
    public function __unset(string $name): void { turns(2); $this->log[] = "unset $name"; }
}
$lazy = new Lazy();
echo json_encode(each_of(3, fn () => $lazy->a)), "\n";
echo json_encode(each_of(3, fn (int $i) => $lazy->{"p$i"})), "\n";
echo json_encode(each_of(2, fn () => @$lazy->self)), "\n";
echo json_encode(each_of(2, fn () => [isset($lazy->there), isset($lazy->none), $lazy->there ?? 'no'])), "\n";
each_of(3, function (int $i) use ($lazy) { $lazy->b = $i; });
each_of(2, function () use ($lazy) { unset($lazy->b); });
echo json_encode($lazy->log), "\n";
echo json_encode(array_keys(get_object_vars($lazy))), "\n";

// A Fiber of PHP code that ends in another coroutine than the one that began it.
$fiber = new Fiber(function () use ($lazy) { $read = $lazy->c; Fiber::suspend($read); return $lazy->c; });
echo Tusk\go(fn () => $fiber->start())->join(), "\n";
echo Tusk\go(fn () => [$lazy->c, $fiber->resume(), $fiber->getReturn()][2])->join(), "\n";
echo $lazy->c, "\n";

// One that is cancelled in it leaves nothing behind.
$cancelled = Tusk\go(fn () => $lazy->d);
turns(1);
$cancelled->cancel();
echo $lazy->d, "\n";
?>
--EXPECT--
["read a","read a","read a"]
["read p0","read p1","read p2"]
["reached itself","reached itself"]
[[true,false,"read there"],[true,false,"read there"]]
["b=0","b=1","b=2","unset b","unset b"]
["log"]
read c
read c
read c
read d
