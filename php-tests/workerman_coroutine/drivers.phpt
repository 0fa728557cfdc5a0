--TEST--
Every class of workerman/coroutine works on Tusk: waits suspend, contexts are a coroutine's own
--SKIPIF--
<?php
require __DIR__ . '/../include/autoload.inc';
Tusk\Tests\skip_without_package('workerman/workerman');
?>
--FILE--
<?php
require __DIR__ . '/../include/autoload.inc';
Tusk\Tests\load_package('workerman/workerman');
require __DIR__ . '/../../php/coroutine.php';
use Workerman\Coroutine;
use Workerman\Coroutine\{Barrier, Channel, Context, Locker, Parallel, Pool, WaitGroup};
use Workerman\Timer;

function until(callable $condition): void
{
    while (!$condition()) {
        Tusk\sleep(0.001);
    }
}

// A context ends with its coroutine, and is not inherited by create().
final class Noisy
{
    public function __construct(private string $name) {}
    public function __destruct() { echo "$this->name is gone\n"; $GLOBALS['gone'] = true; }
}
Coroutine::create(static function (): void {
    Context::set('what', new Noisy('a value of the context'));
    Coroutine::create(static function (): void {
        echo Context::has('what') ? "inherited\n" : "its own\n";
    });
    Tusk\go(static fn () => print(Context::has('what') ? "shared with go()\n" : "not shared\n"))->join();
    Timer::sleep(0.001);
    echo "ends\n";
});
until(static fn (): bool => isset($GLOBALS['gone']));

// An exception reaches who starts or resumes; suspend() hands values over.
$coroutine = new Coroutine(static function (int $from): int {
    $more = Coroutine::suspend($from + 1);
    usleep(1000);
    $GLOBALS['threw'] = true;
    throw new LogicException("after $more");
});
echo $coroutine->start(1), "\n";
var_dump($coroutine->resume('a resume'));
unset($coroutine);
until(static fn (): bool => isset($GLOBALS['threw']));
try {
    Coroutine::create(static fn () => throw new LogicException('at once'));
} catch (LogicException $failure) {
    echo $failure->getMessage(), "\n";
}

// Waits and timeouts.
$channel = new Channel(1);
var_dump($channel->pop(0), $channel->pop(0.001), $channel->push('a'), $channel->push('b', 0), $channel->push('b', 0.001));
Coroutine::create(static fn () => $channel->push('c'));
var_dump($channel->hasProducers(), $channel->pop(), $channel->pop());
$channel->close();
var_dump($channel->pop(), $channel->push(1));

$group = new WaitGroup();
$group->add();
var_dump($group->wait(0.001));
Coroutine::create(static function () use ($group): void {
    Timer::sleep(0.001);
    $group->done();
});
var_dump($group->wait());

// Two locks of one key exclude each other, first come, first served.
$order = [];
for ($i = 0; $i < 3; $i++) {
    Coroutine::create(static function () use ($i, &$order): void {
        Locker::lock('key');
        $order[] = "in $i";
        Timer::sleep(0.001);
        $order[] = "out $i";
        Locker::unlock('key');
    });
}
until(static function () use (&$order): bool { return count($order) === 6; });
echo implode(', ', $order), "\n";

// A pool lends each connection to one coroutine at a time, and the others wait.
$made = 0;
$pool = new Pool(2, ['wait_timeout' => 5]);
$pool->setConnectionCreator(static function () use (&$made): object {
    $made++;
    return new stdClass();
});
$using = $most = 0;
$parallel = new Parallel();
for ($i = 0; $i < 10; $i++) {
    $parallel->add(static function () use ($pool, &$using, &$most, $i): int {
        $connection = $pool->get();
        $most = max($most, ++$using);
        usleep(1000);
        $using--;
        $pool->put($connection);
        return $i;
    });
}
$results = $parallel->wait();
ksort($results);
echo implode(' ', $results), "; $made connections, at most $most at once\n";

$barrier = Barrier::create();
$done = 0;
foreach ([0.003, 0.001] as $seconds) {
    Coroutine::create(static function () use ($barrier, $seconds, &$done): void {
        Timer::sleep($seconds);
        $done++;
    });
}
Barrier::wait($barrier);
var_dump($done, $barrier);
?>
--EXPECTF--
its own
shared with go()
ends
a value of the context is gone
2
NULL

Warning: Uncaught LogicException in coroutine #%d: after a resume in %s
at once
bool(false)
bool(false)
bool(true)
bool(false)
bool(false)
bool(true)
string(1) "a"
string(1) "c"
bool(false)
bool(false)
bool(false)
bool(true)
in 0, out 0, in 1, out 1, in 2, out 2
0 1 2 3 4 5 6 7 8 9; 2 connections, at most 2 at once
int(2)
NULL
