--TEST--
A cancel ends every kind of wait
--FILE--
<?php
use Tusk\{Channel, Coroutine, WaitGroup};
[$read, $peer] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
$full = new Channel(1);
$full->send('there');
$never = Tusk\go(fn () => Coroutine::suspend());
$waits = [
    'sleep' => fn () => Tusk\sleep(60),
    'usleep' => fn () => usleep(60_000_000),
    'sleep()' => fn () => sleep(60),
    'sleep for ever' => fn () => Tusk\sleep(INF),
    'join' => fn () => $never->join(),
    'join with a timeout' => fn () => $never->join(60),
    'receive' => fn () => (new Channel())->receive(),
    'receive with a timeout' => fn () => (new Channel())->receive(60),
    'iteration' => function () { foreach (new Channel() as $_); },
    'send' => fn () => $full->send(1),
    'send to nobody' => fn () => (new Channel())->send(1, 60),
    'wait group' => fn () => (new WaitGroup(1))->wait(),
    'run' => fn () => Tusk\run(fn () => Tusk\sleep(60)),
    'timeout' => fn () => Tusk\timeout(60, fn () => Tusk\sleep(60)),
    'suspend' => fn () => Coroutine::suspend(),
    'stream read' => fn () => fread($read, 1),
    'stream_select' => function () use ($read) { $r = [$read]; $w = $e = null; stream_select($r, $w, $e, 60); },
    'in a Fiber' => fn () => (new Fiber(fn () => Tusk\sleep(60)))->start(),
    'in a generator' => fn () => (fn () => yield Tusk\sleep(60))()->current(),
];
foreach ($waits as $name => $wait) {
    $coroutine = Tusk\go(function () use ($wait) {
        $ended = 'not at all';
        try {
            $wait();
            $ended = 'by itself';
        } catch (Throwable $e) {
            $ended = $e::class;
        } finally {
            try {
                Tusk\sleep(0);
                $ended .= ', and then?';
            } catch (Tusk\CancelledException) {
                $ended .= ', again';
            }
        }
        return $ended;
    });
    Tusk\sleep(0.001);
    $coroutine->cancel();
    echo str_pad($name, 24), $coroutine->join(1), "\n";
}
echo count($full), ' ', $full->receive(), "\n";
$never->cancel();
Tusk\sleep(0.001);
echo count(Coroutine::all()), ' coroutine, ', Tusk\Runtime::stats()['timers'], ' timers, ', Tusk\Runtime::stats()['ops_in_flight'], " ops\n";
?>
--EXPECT--
sleep                   Tusk\CancelledException, again
usleep                  Tusk\CancelledException, again
sleep()                 Tusk\CancelledException, again
sleep for ever          Tusk\CancelledException, again
join                    Tusk\CancelledException, again
join with a timeout     Tusk\CancelledException, again
receive                 Tusk\CancelledException, again
receive with a timeout  Tusk\CancelledException, again
iteration               Tusk\CancelledException, again
send                    Tusk\CancelledException, again
send to nobody          Tusk\CancelledException, again
wait group              Tusk\CancelledException, again
run                     Tusk\CancelledException, again
timeout                 Tusk\CancelledException, again
suspend                 Tusk\CancelledException, again
stream read             Tusk\CancelledException, again
stream_select           Tusk\CancelledException, again
in a Fiber              Tusk\CancelledException, again
in a generator          Tusk\CancelledException, again
1 there
1 coroutine, 0 timers, 0 ops
