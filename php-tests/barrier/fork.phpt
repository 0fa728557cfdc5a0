--TEST--
A barrier in a forked child forgets who waited in the parent; rounds leave nothing
--EXTENSIONS--
pcntl
--FILE--
<?php
use Tusk\Barrier;
use function Tusk\go;
$barrier = new Barrier(2);
$waits = go(fn () => $barrier->wait());
Tusk\sleep(0);
$pid = pcntl_fork();
if ($pid === 0) {
    $own = go(fn () => $barrier->wait());
    Tusk\sleep(0);
    echo "child: {$barrier->waiting()} waits, {$barrier->rounds()} rounds\n";
    $barrier->wait();
    $own->join();
    exit;
}
pcntl_waitpid($pid, $status);
$barrier->wait();
$waits->join();
echo "parent: {$barrier->rounds()} round\n";
$round = function (int $count) use ($barrier) {
    for ($i = 0; $i < $count; $i++) {
        $partner = go(fn () => $barrier->wait());
        $cancelled = go(fn () => (new Barrier(2))->wait());
        Tusk\sleep(0);
        $cancelled->cancel();
        $barrier->wait();
        $partner->join();
    }
    Tusk\sleep(0);
};
$round(2000);
$used = memory_get_usage();
$round(20000);
echo memory_get_usage() - $used < 4096 ? 'flat' : memory_get_usage() - $used, "\n";
--EXPECT--
child: 1 waits, 0 rounds
parent: 1 round
flat
