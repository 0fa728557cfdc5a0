--TEST--
strtok continues its own coroutine's string
--FILE--
<?php
require __DIR__ . '/../include/turns.inc';
use function Tusk\go;
function words(string $text): array
{
    $words = [];
    for ($w = strtok($text, ' '); $w !== false; $w = strtok(' ')) {
        $words[] = $w;
        turns(1);
    }
    return $words;
}
$a = go(fn () => words('a b c d'));
$b = go(fn () => words('1 2 3'));
echo json_encode([$a->join(), $b->join()]), "\n";
?>
--EXPECT--
[["a","b","c","d"],["1","2","3"]]
