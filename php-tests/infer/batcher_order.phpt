--TEST--
Batcher: priorities, and answers in the order of their questions
--FILE--
<?php
use Tusk\Channel;
use Tusk\Infer\Batcher;
use function Tusk\go;
$gate = new Channel();
$seen = [];
$batcher = new Batcher(function ($list) use ($gate, &$seen) {
    $seen[] = array_merge(...$list);
    $gate->receive();
    return $list;
}, maxBatch: 2, maxDelay: 0.0, priorities: 3, defaultPriority: 2);
$all = [go(fn () => $batcher->infer(['blocking']))];
while (!$seen) { Tusk\sleep(0); }
foreach ([['low', 3], ['middle', 0], ['urgent', 1], ['middle too', 2], ['urgent too', 1]] as [$name, $priority]) {
    $all[] = go(fn () => $batcher->infer([$name], null, $priority));
}
Tusk\sleep(0);
for ($i = 0; $i < 4; $i++) { $gate->send(true); }
array_map(fn ($one) => $one->join(), $all);
echo json_encode($seen), "\n";
foreach ([false, true] as $preserve) {
    $gates = [new Channel(), new Channel(), new Channel()];
    $answers = [];
    $begun = 0;
    $batcher = new Batcher(function ($list) use ($gates, &$begun) {
        $begun++;
        $gates[$list[0][0]]->receive();
        return $list;
    }, maxBatch: 1, maxDelay: 0.0, instances: 3, preserveOrder: $preserve);
    foreach ([0, 1, 2] as $number) {
        $all[] = go(function () use ($batcher, $number, &$answers) { $answers[] = $batcher->infer([$number])[0]; });
    }
    while ($begun < 3) { Tusk\sleep(0); }
    foreach ([1, 2, 0] as $number) {
        $gates[$number]->send(true);
        for ($i = 0; $i < 4; $i++) { Tusk\sleep(0); }
    }
    array_map(fn ($one) => $one->join(), $all);
    echo json_encode($answers), "\n";
}
?>
--EXPECT--
[["blocking"],["urgent","urgent too"],["middle","middle too"],["low"]]
[1,2,0]
[0,1,2]
