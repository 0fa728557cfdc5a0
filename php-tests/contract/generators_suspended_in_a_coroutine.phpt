--TEST--
A generator that waits in one coroutine goes on, is not started twice, and runs its finally
--FILE--
<?php
require __DIR__ . '/../include/turns.inc';
use function Tusk\go;
function numbers(string $name)
{
    try {
        for ($i = 1; $i <= 3; $i++) {
            turns(1);
            yield $i;
        }
    } finally {
        echo "$name finally\n";
    }
}
function delegating(string $name) { yield 0; return yield from numbers($name); }

$shared = delegating('shared');
$a = go(function () use ($shared) {
    $seen = [];
    foreach ($shared as $n) {
        $seen[] = $n;
    }
    return $seen;
});
$b = go(function () use ($shared) {
    turns(1);
    try {
        $shared->next();
        return 'entered twice';
    } catch (Error $e) {
        return $e->getMessage();
    }
});
$c = go(function () {
    $own = [];
    foreach (delegating('own') as $n) {
        $own[] = $n;
    }
    return $own;
});
$d = go(function () {
    foreach (numbers('left early') as $n) {
        return $n;
    }
});
foreach ([$a, $b, $c, $d] as $x) {
    echo json_encode($x->join()), "\n";
}
?>
--EXPECT--
left early finally
shared finally
own finally
[0,1,2,3]
"Cannot resume an already running generator"
[0,1,2,3]
1
