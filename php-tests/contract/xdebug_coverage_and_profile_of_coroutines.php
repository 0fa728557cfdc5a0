<?php
require __DIR__ . '/../include/turns.inc';
use function Tusk\go;
xdebug_start_code_coverage();
function covered()
{
    turns(1);
    $x = 1;
    turns(1);
    return $x;
}
$a = go('covered');
$b = go('covered');
$a->join();
$b->join();
$lines = xdebug_get_code_coverage()[__FILE__];
echo json_encode(array_map(fn ($l) => $lines[$l] ?? 0, range(7, 10))), "\n";
?>
