--TEST--
Permits between a wake-up and a run belong to who was woken
--FILE--
<?php
use Tusk\Semaphore;
use function Tusk\go;
$semaphore = new Semaphore(1);
$log = [];
$user = function (string $name, int $rounds = 1) use ($semaphore, &$log) {
    return function () use ($semaphore, $name, $rounds, &$log) {
        for ($i = 0; $i < $rounds; $i++) {
            $semaphore->acquire();
            $log[] = $name;
            $semaphore->release();
        }
    };
};
$say = function (string $what) use (&$log, $semaphore) {
    for ($i = 0; $i < 20; $i++) { Tusk\sleep(0); }
    echo "$what: ", implode(' ', $log), ", {$semaphore->available()} free, {$semaphore->waiting()} wait\n";
    $log = [];
};
$semaphore->acquire();
foreach (['a', 'b', 'c', 'd'] as $name) { go($user($name)); }
Tusk\sleep(0);
$semaphore->release();
var_dump($semaphore->tryAcquire());
$say('served in the order of arrival');

$semaphore->acquire();
$loop = go($user('loop', 4));
foreach (['a', 'b'] as $name) { go($user($name)); }
Tusk\sleep(0);
$semaphore->release();
$say('a releasing holder does not take its own permit back');

$semaphore->acquire();
$all = array_map(fn ($name) => go($user($name)), ['a', 'b', 'c', 'd']);
Tusk\sleep(0);
$all[1]->cancel();
$say('one in the middle is cancelled, nobody changes places');
$semaphore->release();
$all[0]->cancel(); // woken with the permit, and has not run
$say('cancelled between wake-up and run, the next has it');

$semaphore = new Semaphore(3);
$semaphore->acquire(2);
$big = go(function () use (&$semaphore, &$log) { try { $semaphore->acquire(3); } catch (Tusk\CancelledException) { $log[] = 'gave up'; } });
go(function () use (&$semaphore, &$log) { $semaphore->acquire(); $log[] = 'one'; $semaphore->release(); });
Tusk\sleep(0);
$big->cancel();
for ($i = 0; $i < 5; $i++) { Tusk\sleep(0); }
echo 'who needed more gives up, those behind it go on: ', implode(' ', $log), ", {$semaphore->available()} free\n";
$late = go(fn () => $semaphore->acquire(3, 0.001));
$behind = go(function () use (&$semaphore) { $semaphore->acquire(); return 'has one'; });
try { $late->join(); } catch (Tusk\TimeoutException $e) { echo $e->getMessage(), "\n"; }
echo $behind->join(), "\n";
--EXPECT--
bool(false)
served in the order of arrival: a b c d, 1 free, 0 wait
a releasing holder does not take its own permit back: loop a b loop loop loop, 1 free, 0 wait
one in the middle is cancelled, nobody changes places: , 0 free, 3 wait
cancelled between wake-up and run, the next has it: c d, 1 free, 0 wait
who needed more gives up, those behind it go on: gave up one, 1 free
Semaphore::acquire() timed out
has one
