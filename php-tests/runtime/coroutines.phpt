--TEST--
coroutines() tells where each one is; dump() shows stacks without arguments
--FILE--
<?php
use Tusk\Runtime;
use function Tusk\go;
class App { public function handle(string $password) { return self::query($password); } private static function query(string $password) { usleep(60_000_000); } }
$one = go(fn (App $app, string $password) => $app->handle($password), new App(), 'secret');
$fiber = go(function () { $f = new Fiber(function () { Tusk\sleep(60); }); $f->start(); });
$woken = go(fn () => Tusk\Coroutine::suspend());
$pair = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
Tusk\EventLoop::delay(0, fn () => fgets($pair[0]));
Tusk\sleep(0.001);
$woken->resume();
$queued = go(fn () => 1);
$one->cancel();
$asked = Runtime::coroutines();
foreach ($asked as $id => $row) {
    $place = $row['file'] ? basename($row['file']) . ':' . $row['line'] : 'nowhere';
    echo "$id: {$row['state']}, ", json_encode($row['waits_in']), ', ', json_encode($row['waits_for']), ", at $place, ", $row['spawned_at'] ? 'spawned at ' . basename($row['spawned_at']) : 'not spawned', $row['cancelled'] ? ', cancelled' : '', "\n";
}
$dump = Runtime::dump();
// PHP 8.4 adds file and line to the name of a closure.
echo preg_replace(['~\{closure:(?:[^{}]|(?R))*\}~', '~/\S*/~', '/process \d+/'], ['{closure}', '', 'process N'], $dump);
echo str_contains($dump, 'secret') ? "the arguments are shown\n" : "no arguments\n";
// Asking changes nothing: callbacks have no object for it, and it leaves nothing.
$used = memory_get_usage();
for ($i = 0; $i < 200; $i++) { Runtime::coroutines(); Runtime::dump(); Runtime::metrics(); }
echo memory_get_usage() - $used < 1600 ? "flat\n" : memory_get_usage() - $used;
foreach (Tusk\Coroutine::all() as $id => $coroutine) { if ($id) $coroutine->cancel(); }
--EXPECT--
0: running, null, null, at coroutines.php:14, not spawned
1: ready, null, null, at coroutines.php:4, spawned at coroutines.php:5, cancelled
2: waiting, "Tusk\\sleep()", null, at coroutines.php:6, spawned at coroutines.php:6
3: ready, null, null, at coroutines.php:7, spawned at coroutines.php:7
4: waiting, "fgets()", null, at coroutines.php:9, not spawned
5: queued, null, null, at nowhere, spawned at coroutines.php:12
Tusk 0.1.0, process N: 6 coroutines, 3 ready to run, 2 timers, 1 operations under way
coroutine #0 (the main script) is running at coroutines.php:19
    #0 coroutines.php(19): Tusk\Runtime::dump()
    #1 {main}
coroutine #1 is ready at coroutines.php:4, spawned at coroutines.php:5, asked to stop
    #0 coroutines.php(4): usleep()
    #1 coroutines.php(4): App::query()
    #2 coroutines.php(5): App->handle()
    #3 [internal function]: {closure}()
    #4 {main}
coroutine #2 waits in Tusk\sleep() at coroutines.php:6, spawned at coroutines.php:6
    #0 coroutines.php(6): Tusk\sleep()
    #1 [internal function]: {closure}()
    #2 coroutines.php(6): Fiber->start()
    #3 [internal function]: {closure}()
    #4 {main}
coroutine #3 is ready at coroutines.php:7, spawned at coroutines.php:7
    #0 coroutines.php(7): Tusk\Coroutine::suspend()
    #1 [internal function]: {closure}()
    #2 {main}
coroutine #4 waits in fgets() at coroutines.php:9
    #0 coroutines.php(9): fgets()
    #1 [internal function]: {closure}()
    #2 {main}
coroutine #5 is queued, spawned at coroutines.php:12
no arguments
flat
