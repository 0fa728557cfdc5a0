<?php
/**
 * Memory of coroutines that wait: php benches/parked.php [100000]
 *
 * Run with the default memory_limit of 128M and vm.max_map_count. What is counted is the
 * growth of the process's resident pages, divided by the number of coroutines: stacks, VM
 * stack, Fiber and Coroutine objects, closure, task.
 */

declare(strict_types=1);

namespace Bench;

use Tusk\WaitGroup;

require __DIR__ . '/lib/measure.php';

$count = (int) ($argv[1] ?? 100_000);
$gate = new WaitGroup();
$gate->add(1);
$parked = 0;
$wait = static function () use ($gate, &$parked): void {
    $parked++;
    $gate->wait();
    $parked--;
};

// What is needed once is not a coroutine's.
\Tusk\go($wait);
\Tusk\sleep(0.0);

$before = ['rss' => resident_kib(), 'pte' => status_kib('VmPTE'), 'maps' => mappings(), 'heap' => memory_get_usage()];
$parked = 0;
$begun = hrtime(true);
for ($i = 0; $i < $count; $i++) {
    \Tusk\go($wait);
}
\Tusk\sleep(0.0);
$spawned = hrtime(true);
$after = ['rss' => resident_kib(), 'pte' => status_kib('VmPTE'), 'maps' => mappings(), 'heap' => memory_get_usage()];
$parked === $count || throw new \RuntimeException("$parked of $count are parked");

$closed = hrtime(true);
$gate->done();
\Tusk\sleep(0.0);
$finished = hrtime(true);
$parked === -1 || throw new \RuntimeException(($parked + 1) . ' have not finished');

$number = number_format($count);
echo "## $number parked coroutines\n\n";
note('memory_limit', ini_get('memory_limit'));
note('vm.max_map_count', trim(file_get_contents('/proc/sys/vm/max_map_count')));
note('mappings added', number_format($after['maps'] - $before['maps']));
note('page tables each', sprintf('%.2f KiB', ($after['pte'] - $before['pte']) / $count));
note('of PHP\'s heap each', sprintf('%.0f bytes', ($after['heap'] - $before['heap']) / $count));
note('spawn and park each', sprintf('%.0f ns', ($spawned - $begun) / $count));
note('wake and finish each', sprintf('%.0f ns', ($finished - $closed) / $count));
$info = \Tusk\Runtime::info();
note('stacks', json_encode($info['stacks'] ?? $info['stack'] ?? 'see Tusk\Runtime::info()', JSON_UNESCAPED_UNICODE));
$pages = (int) trim(shell_exec('getconf PAGESIZE'));
check("resident memory each, pages of $pages bytes", ($after['rss'] - $before['rss']) / $count, 8.9, 'KiB', aim: 8.3);
