--TEST--
start() runs a coroutine at once, until it first waits
--FILE--
<?php
use Tusk\Coroutine;
require __DIR__ . '/../include/attempt.inc';

Tusk\go(static function (): void { echo "queued\n"; });
$first = Coroutine::start(static function (string $name): string {
    echo "$name begins\n";
    Tusk\sleep(0);
    echo "$name ends\n";
    return "result of $name";
}, 'first');
echo 'back, ', $first->isDone() ? 'done' : 'waits', "\n";
echo $first->join(), "\n";
$second = Coroutine::start(static fn (int ...$numbers) => array_sum($numbers), 1, 2, 3);
echo $second->isDone() ? 'done: ' : 'waits: ', $second->join(), "\n";

// Nested, and from a Fiber of one's own: the starter goes on first.
Coroutine::start(static function (): void {
    Coroutine::start(static function (): void {
        echo "inner\n";
        Tusk\sleep(0);
        echo "inner ends\n";
    });
    echo "outer\n";
});
(new Fiber(static function (): void {
    Coroutine::start(static fn () => Tusk\sleep(0));
    echo "in a Fiber\n";
}))->start();
Tusk\sleep(0.001);

// Its exception is its own, and so is a cancel.
$fails = Coroutine::start(static fn () => throw new LogicException('mine'));
try {
    $fails->join();
} catch (LogicException $failure) {
    echo $failure->getMessage(), "\n";
}
$cancelled = Tusk\go(static function (): void {
    try {
        Tusk\sleep(60);
    } finally {
        echo Coroutine::start(static fn () => 'clean-up runs')->join(), "\n";
    }
});
Tusk\sleep(0);
$cancelled->cancel();
try {
    $cancelled->join();
} catch (Tusk\CancelledException) {
    echo "cancelled\n";
}

// In a destructor nothing may switch in PHP 8.2 and 8.3: it starts later there.
new class {
    public function __destruct()
    {
        Coroutine::start(static function (): void { echo "from a destructor\n"; });
    }
};
Tusk\sleep(0);

foreach ([[], ['no function'], [static fn () => null, 'no' => 'such name']] as $arguments) {
    try {
        Coroutine::start(...$arguments);
        echo "no error\n";
    } catch (Error $error) {
        echo $error::class, "\n";
    }
}
?>
--EXPECTF--
first begins
back, waits
queued
first ends
result of first
done: 6
inner
outer
in a Fiber
inner ends
mine
clean-up runs
cancelled
from a destructor
ArgumentCountError
TypeError
%A
