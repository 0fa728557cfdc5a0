--TEST--
error_get_last, json_last_error and preg_last_error tell the own coroutine's error
--FILE--
<?php
require __DIR__ . '/../include/turns.inc';
use function Tusk\go;
function lasts(): string
{
    return json_encode([error_get_last()['message'] ?? null, json_last_error(), preg_last_error()]);
}
$a = go(function () {
    @trigger_error('of a');
    json_decode('{');
    turns(2);
    return lasts();
});
$b = go(function () {
    $before = lasts();
    @trigger_error('of b');
    preg_match('/./u', "\xff");
    turns(2);
    $own = lasts();
    error_clear_last();
    turns(2);
    return [$before, $own, lasts()];
});
echo $a->join(), "\n", implode("\n", $b->join()), "\n", lasts(), "\n";
?>
--EXPECT--
["of a",4,0]
[null,0,0]
["of b",0,4]
[null,0,4]
[null,0,0]
