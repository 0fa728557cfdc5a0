--TEST--
A tensor over a string copies nothing, there and back; the string is frozen, not lost
--FILE--
<?php
use Tusk\Device\Tensor;
function resident(): int
{
    preg_match('/VmRSS:\s+(\d+)/', file_get_contents('/proc/self/status'), $found);
    return (int) $found[1];
}
$string = str_repeat('abcdefgh', 8 << 20);
$before = resident();
$tensor = Tensor::fromString($string, 'f32', [16, 1 << 20]);
$back = $tensor->toString();
$row = $tensor->at(3)->reshape([-1]);
echo resident() - $before < 1024 ? "nothing was copied\n" : 'copied ' . (resident() - $before) . " KiB\n";
echo strlen($back) === strlen($string) && $back === $string ? "the same string\n" : "another\n";
// PHP writes into its own copy from now on.
$small = str_repeat('x', 100);
$of_small = Tensor::fromString($small, 'u8');
$small[0] = 'y';
echo $of_small->at(0)->toArray() === ord('x') ? "the tensor keeps its bytes\n" : "changed\n";
// The view keeps the bytes when all else has gone.
unset($string, $tensor, $back);
echo $row->count(), ' ', substr($row->toString(), 0, 8), "\n";
$before = memory_get_usage();
unset($row);
echo $before - memory_get_usage() > 60 << 20 ? "given back\n" : "kept\n";
for ($i = 0; $i < 1000; $i++) {
    Tensor::fromString(str_repeat(chr($i & 255), 1000), 'u8')->slice(0, 1)->toString();
}
$before = memory_get_usage();
for ($i = 0; $i < 10000; $i++) {
    Tensor::fromString(str_repeat(chr($i & 255), 1000), 'u8')->slice(0, 1)->toString();
}
echo memory_get_usage() - $before, "\n";
?>
--EXPECT--
nothing was copied
the same string
the tensor keeps its bytes
1048576 abcdefgh
given back
0
