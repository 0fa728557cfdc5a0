--TEST--
tusk.trace_shared_state=2 reports objects that globals and statics lead to and that changed during a request
--INI--
tusk.trace_shared_state=2
opcache.jit=disable
error_log=/dev/null
--FILE--
<?php
use Tusk\Runtime;
use function Tusk\go;

class Cart { public array $items = []; public ?Cart $next = null; }
class Kept { private $name = 'nobody'; public function __construct(public readonly int $id) {} public function call(string $name) { $this->name = $name; } }
class App { public static ?Cart $cart = null; public static array $services = []; }
$shown = 0;
$rows = function () use (&$shown) {
    foreach (array_slice(Runtime::sharedState(), $shown) as $row) {
        if (str_starts_with($row['variable'], 'object')) {
            echo $row['variable'], ' ', preg_replace('~/\S*/~', '', $row['written_at']), "\n";
        }
        $shown++;
    }
    echo "-\n";
};
App::$cart = new Cart;
App::$cart->next = new Cart;
App::$services['kept'] = new Kept(1);
$rows();
echo "one that only reads\n";
go(function () { return count(App::$cart->items); })->join();
$rows();
echo "deep inside\n";
go(function () { Tusk\sleep(0); App::$cart->next->items['k'] = [1]; })->join();             // line 26
$rows();
echo "in an array, by a child of the request\n";
go(function () { go(fn () => App::$services['kept']->call('ann'))->join(); })->join();      // line 29
$rows();
echo "what is the request's own\n";
go(function () { $own = new Cart; $own->items[] = 1; $own->next = $own; })->join();
$rows();
echo "a chain longer than any stack\n";
for ($i = 0, $last = App::$cart; $i < 9000; $i++) { $last = $last->next ??= new Cart; }
go(function () use ($last) { $last->items[] = 'changed'; })->join();                        // line 36
$rows();
echo "a dynamic property, by a callback\n";
$bag = new stdClass;
Tusk\EventLoop::delay(0, function () use ($bag) { $bag->new = 1; Tusk\EventLoop::stop(); });
Tusk\EventLoop::run();
$rows();
?>
--EXPECT--
-
one that only reads
-
deep inside
object of class Cart, reached from static property App::$cart, the request spawned at shared_objects.php:26
-
in an array, by a child of the request
object of class Kept, reached from static property App::$services, the request spawned at shared_objects.php:29
-
what is the request's own
-
a chain longer than any stack
object of class Cart, reached from global $last, the request spawned at shared_objects.php:36
-
a dynamic property, by a callback
object of class stdClass, reached from global $bag, a callback of the event loop
-
