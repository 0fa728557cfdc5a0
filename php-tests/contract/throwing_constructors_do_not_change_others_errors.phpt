--TEST--
While a constructor that turns warnings into exceptions waits, others get warnings
--FILE--
<?php
require __DIR__ . '/../include/turns.inc';
use function Tusk\go;
final class SlowFail
{
    public $context;
    public function url_stat(): array|false { return false; }
    public function stream_open(string $path): bool
    {
        turns(3);
        return false;
    }
}
stream_wrapper_register('slowfail', SlowFail::class);
$a = go(function () {
    try {
        new SplFileObject('slowfail://x');
    } catch (RuntimeException $e) {
        return get_class($e) . ': ' . preg_replace('/.*: Failed/', 'Failed', $e->getMessage());
    }
});
$b = go(function () {
    turns(1);
    set_error_handler(fn ($n, $m) => print("warning\n"));
    echo $undefined;
    return file_get_contents('/nonexistent/file');
});
echo $a->join(), "\n";
var_dump($b->join());
?>
--EXPECT--
warning
warning
RuntimeException: Failed to open stream: "SlowFail::stream_open" call failed
bool(false)
