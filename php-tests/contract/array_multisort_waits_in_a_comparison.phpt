--TEST--
array_multisort() whose comparisons wait, in two coroutines
--FILE--
<?php
final class Text
{
    public function __construct(public int $value) {}
    public function __toString(): string { usleep(500); return (string) $this->value; }
}
$sorted = static function (int $count): string {
    $texts = array_map(static fn (int $value): Text => new Text($value), range($count, 1));
    array_multisort($texts, SORT_STRING);
    return implode(',', array_map(static fn (Text $text): int => $text->value, $texts));
};
$both = [Tusk\go($sorted, 9), Tusk\go($sorted, 2)];
foreach ($both as $one) {
    echo $one->join(), "\n";
}
?>
--EXPECT--
1,2,3,4,5,6,7,8,9
1,2
