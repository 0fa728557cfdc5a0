--TEST--
Seeded chaos: buffers, handlers, sorts, strtok, libxml, autoload, include_once, serialize, generators and cancels interleave, and each coroutine finds what it left
--SKIPIF--
<?php
if (!extension_loaded("simplexml")) exit("skip needs ext/simplexml");
?>
--FILE--
<?php
require __DIR__ . '/../include/turns.inc';

$seed = (int) (getenv('TUSK_SEED') ?: 1);
mt_srand($seed);
$files = sys_get_temp_dir() . '/tusk-chaos-' . getmypid();
for ($i = 0; $i < 6; $i++) {
    file_put_contents("$files-$i.php", '<?php turns(2);' . ($i === 3 ? ' throw new Exception("x");' : ''));
}
spl_autoload_register(function (string $class) {
    turns(mt_rand(0, 3));
    if (mt_rand(0, 3) === 0) {
        throw new Exception("no $class");
    }
    eval("class $class {}");
});
set_error_handler(fn () => true);

function expect(bool $holds, string $what): void
{
    global $seed;
    if (!$holds) {
        fwrite(STDOUT, "broken: $what, TUSK_SEED=$seed\n");
        exit(1);
    }
}

final class Waits
{
    public function __construct(public int $depth = 0, public string $id = '') {}
    public function __serialize(): array { turns(1); deeper($this->depth, $this->id); return [$this->depth, $this->id]; }
    public function __unserialize(array $data): void { turns(1); [$this->depth, $this->id] = $data; }
}

function waiting(int $depth, string $id): Generator
{
    yield 1;
    deeper($depth, $id);
    yield 2;
}

function deeper(int $depth, string $id): void
{
    if ($depth === 0) {
        return;
    }
    $depth--;
    $actions = [
        function () use ($depth, $id) {
            ob_start();
            echo $id;
            turns(1);
            deeper($depth, $id);
            expect(ob_get_clean() === $id, 'output buffer');
        },
        function () use ($depth, $id) {
            $seen = null;
            set_error_handler(function ($n, $message) use (&$seen) { $seen = $message; return true; });
            try {
                turns(1);
                trigger_error($id);
                expect($seen === $id, 'error handler');
                deeper($depth, $id);
            } finally {
                restore_error_handler();
            }
        },
        function () use ($depth, $id) {
            $list = [3, 1, 2];
            usort($list, function ($x, $y) use ($depth, $id) {
                turns(1);
                if (mt_rand(0, 5) === 0) {
                    deeper($depth, $id);
                }
                return $x <=> $y;
            });
            expect($list === [1, 2, 3], 'usort');
        },
        function () use ($id) {
            strtok("a b $id", ' ');
            turns(2);
            expect(strtok(' ') === 'b', 'strtok');
        },
        function () {
            libxml_use_internal_errors(true);
            simplexml_load_string('<a>');
            turns(1);
            expect(libxml_get_errors() !== [], 'libxml');
            libxml_clear_errors();
            libxml_use_internal_errors((bool) mt_rand(0, 1));
        },
        function () {
            try {
                class_exists('K' . mt_rand(0, 40));
            } catch (Exception) {
            }
        },
        function () use ($id) {
            @trigger_error("last $id");
            json_decode('{');
            turns(1);
            expect(json_last_error() === JSON_ERROR_SYNTAX, 'json_last_error');
        },
        function () use ($depth, $id) {
            $child = Tusk\go(fn () => deeper($depth, "$id.c"));
            turns(1);
            if (mt_rand(0, 1)) {
                $child->cancel();
            }
            try {
                $child->join();
            } catch (Tusk\CancelledException) {
            }
        },
        function () {
            try {
                require_once $GLOBALS['files'] . '-' . mt_rand(0, 5) . '.php';
            } catch (Exception) {
            }
        },
        function () use ($depth, $id) {
            [$one, $two] = unserialize(serialize([$o = new Waits($depth, $id), $o]));
            expect($one === $two && $one->id === $id, 'serialize');
        },
        function () use ($depth, $id) {
            foreach (waiting($depth, $id) as $_) {
                turns(1);
            }
        },
    ];
    $actions[mt_rand(0, count($actions) - 1)]();
}

ob_start(fn () => '');
for ($round = 0; $round < 30; $round++) {
    $all = [];
    for ($i = 0; $i < 30; $i++) {
        $all[] = Tusk\go(function () use ($round, $i) {
            ob_start(fn () => ''); // what a cancelled buffer writes out is not looked at
            deeper(5, "$round.$i");
        });
    }
    foreach ($all as $i => $coroutine) {
        if ($i % 11 === 5) {
            $coroutine->cancel();
        }
    }
    foreach ($all as $coroutine) {
        try {
            $coroutine->join();
        } catch (Tusk\CancelledException) {
        }
    }
}
ob_end_clean();
array_map('unlink', glob("$files-*.php"));
echo "whole\n";
?>
--EXPECTF--
%Awhole
