--TEST--
with() and run() put the former values back, whatever ends the call
--FILE--
<?php
use Tusk\Context;
use function Tusk\go;
Context::set('user', 'ann');
echo Context::with(['trace' => 't1', 'user' => 'bob'], function () {
    Context::set('inside', true);
    Tusk\sleep(0);
    go(fn () => print('spawned inside: ' . json_encode(Context::all()) . "\n"));
    return json_encode(Context::all());
}), "\n";
Tusk\sleep(0);
echo json_encode(Context::all()), "\n";
try {
    Context::with(['user' => 'bob'], fn () => throw new LogicException('thrown'));
} catch (LogicException $e) {
    echo $e->getMessage(), ', ', Context::get('user'), "\n";
}
$taken = Context::current();
Context::set('user', 'changed later');
go(fn () => $taken->run(function () {
    echo 'run: ', Context::get('user'), "\n";
    Context::set('user', 'lost');
    Tusk\sleep(0);
    echo 'still: ', Context::get('user'), "\n";
}))->join();
echo json_encode($taken->values()), json_encode(Context::all()), "\n";
$cancelled = go(function () {
    try {
        Context::with(['user' => 'bob'], fn () => Tusk\sleep(60));
    } finally {
        echo 'after the cancel: ', Context::get('user'), "\n";
    }
});
Tusk\sleep(0);
$cancelled->cancel();
try { $cancelled->join(); } catch (Tusk\CancelledException) {}
(new Context())->run(fn () => print(json_encode(Context::all()) . "\n"));
// In somebody's own Fiber the context is the coroutine's.
(new Fiber(fn () => print(Context::get('user') . "\n")))->start();
--EXPECT--
{"user":"bob","trace":"t1","inside":true}
spawned inside: {"user":"bob","trace":"t1","inside":true}
{"user":"ann"}
thrown, ann
run: ann
still: lost
{"user":"ann"}{"user":"changed later"}
after the cancel: changed later
[]
changed later
