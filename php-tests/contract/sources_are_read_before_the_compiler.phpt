--TEST--
A source behind a wrapper that waits is read before the compiler is entered
--FILE--
<?php
require __DIR__ . '/../include/turns.inc';
use function Tusk\go;

final class SlowSource
{
    public $context;
    private string $left = '';

    public function stream_open(string $path, string $mode, int $options, ?string &$opened): bool
    {
        turns(5);
        $name = substr($path, strlen('slow://'));
        if ($name === 'none') {
            return false;
        }
        $this->left = "<?php\n#[Attribute]\nclass C$name { const N = '$name'; function f() { return \"{\$this->g()} \$x[1]\"; } function g() { return <<<T\n$name\nT; } }\nreturn __FILE__ . ':' . __LINE__;\n";
        return true;
    }
    public function stream_read(int $count): string
    {
        $before = $GLOBALS['ticks'];
        turns(2);
        $GLOBALS['ticksWhileReading'] += $GLOBALS['ticks'] - $before;
        $part = substr($this->left, 0, 20);
        $this->left = substr($this->left, strlen($part));
        return $part;
    }
    public function stream_eof(): bool { return $this->left === ''; }
    public function stream_stat(): array { return []; }
    public function stream_set_option(int $o, int $a, int $b): bool { return false; }
    public function stream_close(): void {}
}
stream_wrapper_register('slow', SlowSource::class);
$ticks = 0;
$ticksWhileReading = 0;

$all = [];
foreach (['A', 'B', 'C', 'D'] as $name) {
    $all[] = go(fn () => [include "slow://$name", constant("C$name::N")]);
}
// Somebody else runs and compiles all the while.
for ($i = 0; $i < 20; $i++) {
    $ticks++;
    turns(1);
    eval("function f$i() { return <<<X\n  $i\n  X; }");
}
foreach ($all as $c) {
    echo implode(' ', $c->join()), "\n";
}
echo f19(), "\n";
var_dump($ticksWhileReading > 0);
go(function () { var_dump(@include 'slow://none'); })->join();
go(function () { include 'slow://none'; })->join();
?>
--EXPECTF--
slow://A:6 A
slow://B:6 B
slow://C:6 C
slow://D:6 D
19
bool(true)
bool(false)

Warning: include(slow://none): Failed to open stream: "SlowSource::stream_open" call failed in %s on line %d

Warning: include(): Failed opening 'slow://none' for inclusion (include_path='%s') in %s on line %d
