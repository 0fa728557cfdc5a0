--TEST--
Batcher: nothing is left of items that were answered, failed, cancelled or late
--FILE--
<?php
use Tusk\Infer\Batcher;
use function Tusk\go;
final class Counted
{
    public static int $alive = 0;
    public function __construct() { self::$alive++; }
    public function __destruct() { self::$alive--; }
}
$round = function () {
    $batcher = new Batcher(fn ($list) => array_map(fn ($item) => match ($item['n'] % 5) {
        0 => new LogicException('bad'),
        default => ['out' => $item['counted']],
    }, $list), maxBatch: 8, maxDelay: 0.0005);
    $all = [];
    for ($n = 0; $n < 100; $n++) {
        $all[] = $one = go(function () use ($batcher, $n) {
            try {
                $batcher->infer(['n' => $n, 'counted' => new Counted()], $n % 7 ? null : 0.0);
            } catch (Exception) {
            }
        });
        if ($n % 11 === 0) { Tusk\sleep(0); $one->cancel(); }
    }
    foreach ($all as $one) { try { $one->join(); } catch (Exception) { } }
};
$round();
gc_collect_cycles();
$before = memory_get_usage();
for ($i = 0; $i < 50; $i++) { $round(); }
gc_collect_cycles();
echo Counted::$alive, ' alive, ', memory_get_usage() - $before < 4096 ? 'no growth' : memory_get_usage() - $before, "\n";
// A batcher whose executor knows it is collected as a cycle.
$batcher = null;
$counted = new Counted();
$batcher = new Batcher(function ($list) use (&$batcher, $counted) { return $list; }, maxDelay: 0.0);
$batcher->infer([1]);
unset($batcher, $counted);
gc_collect_cycles();
echo Counted::$alive, " alive\n";
?>
--EXPECT--
0 alive, no growth
0 alive
