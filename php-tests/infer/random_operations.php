<?php
/**
 * Random items, cancels, deadlines and failing batches through the Batcher: every item ends exactly
 * once, with its own answer. `php random_operations.php ITEMS` prints what was done; the exit
 * status says whether all was right. A history is made by its seed, but for what time does.
 */

declare(strict_types=1);

use Tusk\{CancelledException, OverloadedException, TimeoutException};
use Tusk\Infer\Batcher;
use function Tusk\go;
function history(int $seed, int $items): string
{
    mt_srand($seed);
    $runs = [];
    $batcher = new Batcher(function ($list) use (&$runs) {
        if (mt_rand(0, 3) === 0) { Tusk\sleep(mt_rand(0, 3) / 10000); }
        if (mt_rand(0, 9) === 0) { throw new LogicException('batch'); }
        return array_map(function ($item) use (&$runs) {
            $runs[$item['n']] = ($runs[$item['n']] ?? 0) + 1;
            return $item['n'] % 13 ? ['n' => $item['n']] : new DomainException("item {$item['n']}");
        }, $list);
    }, maxBatch: mt_rand(1, 9), maxDelay: mt_rand(0, 3) / 5000, adaptive: (bool) mt_rand(0, 1), instances: mt_rand(1, 3),
        priorities: 2, preserveOrder: (bool) mt_rand(0, 1), retrySingly: (bool) mt_rand(0, 1),
        policies: mt_rand(0, 1) ? [2 => ['action' => 'delay', 'timeout' => 0.0005]] : [2 => ['timeout' => 0.002]], maxItems: 200);
    $ends = [];
    $all = [];
    for ($n = 1; $n <= $items; $n++) {
        $timeout = mt_rand(0, 5) ? null : mt_rand(0, 20) / 10000;
        $all[$n] = go(function () use ($batcher, $n, $timeout, &$ends) {
            try {
                $answer = $batcher->infer(['n' => $n], $timeout, 1 + $n % 2);
                $end = $answer === ['n' => $n] ? 'done' : 'wrong';
            } catch (CancelledException | OverloadedException | TimeoutException | LogicException $thrown) {
                $end = $thrown instanceof DomainException && $thrown->getMessage() !== "item $n" ? 'wrong' : $thrown::class;
            }
            $ends[$n][] = $end;
        });
        if (mt_rand(0, 6) === 0) { $all[mt_rand(max(1, $n - 20), $n)]->cancel(); }
        if (mt_rand(0, 9) === 0) { Tusk\sleep(mt_rand(0, 1) ? 0 : 0.0003); }
    }
    $unstarted = 0;
    foreach ($all as $one) {
        try { $one->join(); } catch (CancelledException) { $unstarted++; }
    }
    $flat = array_merge(...$ends);
    if (count($flat) + $unstarted !== $items || max(array_map('count', $ends)) > 1) { return 'not once each'; }
    if (in_array('wrong', $flat)) { return 'a wrong answer'; }
    $stats = $batcher->stats();
    $sum = $stats['done'] + $stats['failed'] + $stats['expired'] + $stats['rejected'] + $stats['cancelled'];
    if ($stats['items'] !== $sum || $stats['queued'] || $stats['running']) { return 'numbers: ' . json_encode($stats); }
    if (max($runs) > 1) { return 'an item ran twice and gave two results'; }
    return count(array_keys($flat, 'done')) > $items / 10 ? 'ok' : 'hardly any was done: ' . json_encode(array_count_values($flat));
}

/** Histories of 1,500 items, at least so many items; what went wrong, with its seeds. */
function histories(int $items): array
{
    $wrong = [];
    for ($seed = 1; ($seed - 1) * 1500 < $items; $seed++) {
        $end = history($seed, 1500);
        if ($end !== 'ok') { $wrong["seed $seed"] = $end; }
    }
    return $wrong + (count(Tusk\Coroutine::all()) > 1 ? ['in the end' => 'a coroutine is left'] : []);
}

if (isset($argv[1])) {
    $began = microtime(true);
    $wrong = histories((int) $argv[1]);
    printf("%s items in %.0f s: %s\n", number_format((int) $argv[1]), microtime(true) - $began, $wrong ? json_encode($wrong) : 'each ended once');
    exit($wrong ? 1 : 0);
}
