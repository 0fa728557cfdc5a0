--TEST--
tusk.trace_shared_state reports what one request writes and another reads, with both lines
--INI--
tusk.trace_shared_state=1
opcache.jit=disable
--FILE--
<?php
use Tusk\Runtime;
use function Tusk\go;
ini_set('error_log', '/dev/null');
class Base {
    public static $user;
    public static array $cache = [];
    public static int $count = 0;
    public static $setUp;
}
class App extends Base {
    public static function login($name) { self::$user = $name; }                     // line 12
    public static function who() { return static::$user; }                           // line 13
}
function visits() { static $n = 0; return ++$n; }                                    // line 15
function setConfig($v) { global $config; $config = $v; }                             // line 16
function getConfig() { global $config; return $config; }                             // line 17
$config = 'main';
App::$setUp = 'by the main script';
$rows = function () {
    static $seen = 0;
    foreach (array_slice(Runtime::sharedState(), $seen) as $row) {
        $seen++;
        echo "{$row['variable']}: ", substr(strrchr($row['written_at'], ':'), 1), ' -> ', substr(strrchr($row['read_at'], ':'), 1), "\n";
    }
    echo "-\n";
};
echo "set-up is not reported\n";
go(fn () => App::$setUp)->join();
go(fn () => getConfig())->join();
$rows();
echo "a static property, across a wait\n";
$a = go(function () { App::login('ann'); Tusk\sleep(0.001); return App::who(); });   // reads at line 13
$b = go(function () { App::login('bob'); });
$a->join();
$rows();
echo "within one request all is well\n";
go(function () { App::login('carl'); go(fn () => App::who())->join(); App::who(); })->join();
$rows();
echo "arrays, counters, isset\n";
go(function () { Base::$cache['k'] = 1; Base::$count++; })->join();                  // line 41
go(function () { isset(Base::$cache['k']); Base::$count += 2; })->join();            // line 42
$rows();
echo "static variables and globals\n";
go(fn () => visits())->join();
go(fn () => visits())->join();
go(fn () => setConfig('of a request'))->join();
go(fn () => getConfig())->join();
go(function () { $GLOBALS['other'] = 1; })->join();                                  // line 49
go(function () { return $GLOBALS['other']; })->join();                               // line 50
$rows();
echo "what a closure uses is its own\n";
$n = 0;
$closure = function () use (&$n) { static $own; return ++$n; };
go($closure)->join();
go($closure)->join();
$rows();
echo "callbacks of the event loop are requests\n";
Tusk\EventLoop::delay(0, fn () => App::$setUp = 'a callback');                       // line 59
Tusk\EventLoop::delay(0.001, function () { echo App::$setUp, "\n"; Tusk\EventLoop::stop(); }); // line 60
Tusk\EventLoop::run();
$rows();
echo "each is reported once\n";
go(fn () => App::login('dora'))->join();
for ($i = 0; $i < 3; $i++) { go(fn () => App::who())->join(); }
$rows();
--EXPECT--
set-up is not reported
-
a static property, across a wait
static property Base::$user: 12 -> 13
-
within one request all is well
-
arrays, counters, isset
static property Base::$cache: 41 -> 42
static property Base::$count: 41 -> 42
-
static variables and globals
static variable $n of visits(): 15 -> 15
global $config: 16 -> 17
global $other: 49 -> 50
-
what a closure uses is its own
-
callbacks of the event loop are requests
a callback
static property Base::$setUp: 59 -> 60
-
each is reported once
-
