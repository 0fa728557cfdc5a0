--TEST--
hooks() reads and sets what suspends
--FILE--
<?php
require __DIR__ . '/../include/attempt.inc';
use function Tusk\Tests\attempt;
use Tusk\Runtime;
attempt('at first', fn () => Runtime::hooks());
attempt('null', fn () => count(Runtime::hooks(null)));
attempt('none', fn () => Runtime::hooks('none'));
attempt('one', fn () => Runtime::hooks('sleep'));
attempt('several', fn () => Runtime::hooks('stream, dns'));
attempt('a list', fn () => Runtime::hooks(['select', 'mysqlnd']));
attempt('an empty list', fn () => Runtime::hooks([]));
attempt('all', fn () => count(Runtime::hooks('all')));
attempt('unknown', fn () => Runtime::hooks('sleep,sockets'));
attempt('it changed nothing', fn () => count(Runtime::hooks()));
attempt('a number', fn () => Runtime::hooks(1));
attempt('a list of numbers', fn () => Runtime::hooks([1]));
attempt('two', fn () => Runtime::hooks('all', 'all'));
attempt('info with one', fn () => Runtime::info(1));
attempt('stats with one', fn () => Runtime::stats(1));
Runtime::hooks('none');
$start = hrtime(true);
foreach ([1, 2] as $_) { $both[] = Tusk\go(fn () => usleep(10000)); }
foreach ($both as $c) { $c->join(); }
echo hrtime(true) - $start >= 20e6 ? "one after the other\n" : "at once\n";
ini_set('tusk.hooks', 'sleep');
$start = hrtime(true);
for ($i = 0; $i < 20; $i++) { $all[] = Tusk\go(fn () => usleep(100_000)); }
foreach ($all as $c) { $c->join(); }
echo hrtime(true) - $start < 1.5e9 ? "at once\n" : "one after the other\n";
?>
--EXPECT--
at first: ["stream","sleep","select","dns","mysqlnd","file","process","lock","intercept"]
null: 9
none: []
one: ["sleep"]
several: ["stream","dns"]
a list: ["select","mysqlnd"]
an empty list: []
all: 9
unknown: Tusk\MisuseError: unknown hook in "sleep,sockets"; known are all, none, stream, sleep, select, dns, mysqlnd, file, process, lock, intercept
it changed nothing: 9
a number: TypeError: Tusk\Runtime::hooks(): Argument #1 ($hooks) must be a string, a list of strings or null
a list of numbers: TypeError: Tusk\Runtime::hooks(): Argument #1 ($hooks) must be a string, a list of strings or null
two: ArgumentCountError: Tusk\Runtime::hooks() expects at most 1 argument, 2 given
info with one: ArgumentCountError: Tusk\Runtime::info() expects exactly 0 arguments, 1 given
stats with one: ArgumentCountError: Tusk\Runtime::stats() expects exactly 0 arguments, 1 given
one after the other
at once
