--TEST--
Coroutines that call Fiber::suspend() one after the other keep their own buffers and handlers
--FILE--
<?php
use Tusk\Coroutine;

$printed = [];
function suspended(string $name): Fiber
{
    global $printed;
    $printed[$name] = '';
    Coroutine::start(static function () use ($name, &$fiber): void {
        ob_start(static function (string $text) use ($name): string {
            global $printed;
            $printed[$name] .= $text;
            return '';
        }, 1);
        set_error_handler(static function (int $level, string $message) use ($name): bool {
            echo "[$name: $message]";
            return true;
        });
        $fiber = Fiber::getCurrent();
        echo 'before';
        Fiber::suspend();
        trigger_error('a warning');
        echo 'after, level ', ob_get_level();
    });
    return $fiber;
}
foreach (['a', 'b', 'c'] as $name) {
    $fibers[$name] = suspended($name);
}
foreach (['b', 'c', 'a'] as $name) {
    $fibers[$name]->resume();
    echo "level here: ", ob_get_level(), "\n";
}
foreach ($printed as $name => $text) {
    echo "$name: $text\n";
}
unset($fibers);
$run = static function (): void {
    for ($i = 0; $i < 200; $i++) {
        suspended('leak')->resume();
    }
};
$run();
$memory = memory_get_usage();
$run();
$run();
echo memory_get_usage() - $memory < 4096 ? "no leak\n" : 'leaked ' . memory_get_usage() - $memory . "\n";
?>
--EXPECT--
level here: 0
level here: 0
level here: 0
a: before[a: a warning]after, level 1
b: before[b: a warning]after, level 1
c: before[c: a warning]after, level 1
no leak
