--TEST--
Batcher: the end of the script answers what waits; exit() ends it; destroyed while items wait
--FILE--
<?php
function script(string $code): void
{
    $file = tempnam(getenv('TMPDIR') ?: sys_get_temp_dir(), 'batcher');
    file_put_contents($file, '<?php use Tusk\Infer\Batcher; use function Tusk\go; ' . $code);
    passthru(getenv('TUSK_PHP') . ' ' . escapeshellarg($file) . ' 2>&1', $status);
    echo " ($status)\n";
    unlink($file);
}
script('$b = new Batcher(fn ($l) => $l, maxDelay: 0.002);
    go(function () use ($b) { echo json_encode($b->infer([1])); }); echo "end, ";');
script('$b = new Batcher(fn ($l) => $l, maxDelay: 3600);
    go(function () use ($b) { try { $b->infer([1]); } finally { echo "finally"; } }); Tusk\sleep(0); exit(3);');
script('$b = new Batcher(function ($l) { echo "exit in the executor"; exit(4); }, maxDelay: 0.0);
    try { $b->infer([1]); } finally { echo ", "; } echo "not reached";');
script('$b = new Batcher(function ($l) { error_reporting(E_ALL & ~E_DEPRECATED); trigger_error("fatal in the executor", E_USER_ERROR); }, maxDelay: 0.0);
    $b->infer([1]);');
script('$b = new Batcher(fn ($l) => $l, maxDelay: 0.002); $c = go(fn () => $b->infer([1])); Tusk\sleep(0); unset($b);
    echo json_encode($c->join());');
script('$b = new Batcher(fn ($l) => $l, maxDelay: 3600);
    $c = go(function () use ($b) { try { $b->infer([1], 0.002); } catch (Tusk\TimeoutException) { echo "late, "; } }); $c->join(); Tusk\sleep(0); echo count(Tusk\Coroutine::all());');
script('$b = null; $b = new Batcher(function ($l) use (&$b) { return array_map(fn ($i) => $i[0] ? $b->infer([$i[0] - 1]) : $i, $l); }, maxDelay: 0.0, instances: 4);
    echo json_encode($b->infer([3])); $b = null; echo gc_collect_cycles() >= 0 ? ", collected" : "";');
script('class D { function __construct(public $b) {} function __destruct() { try { $this->b->infer([1]); } catch (\Error $e) { echo substr($e->getMessage(), 0, 36); } } }
    $d = new D(new Batcher(fn ($l) => $l));');
?>
--EXPECTF--
end, [1] (0)
finally (3)
exit in the executor (4)

Fatal error: fatal in the executor in %s on line 1
 (255)
[1] (0)
late, 1 (0)
[0], collected (0)
the script has ended: nothing can be (0)
