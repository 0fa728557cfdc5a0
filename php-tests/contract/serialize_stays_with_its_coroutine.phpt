--TEST--
serialize() of objects that wait in the middle does not number others' values
--INI--
error_reporting=E_ALL & ~E_DEPRECATED
--FILE--
<?php
require __DIR__ . '/../include/turns.inc';
use function Tusk\go;
final class Waits implements Serializable
{
    public function __construct(public string $name = '') {}
    public function serialize() { turns(1); $inner = serialize([$this->name, $this->name]); turns(1); return $inner; }
    public function unserialize($data) { turns(1); $this->name = unserialize($data)[0]; turns(1); }
}
function once(string $name): string
{
    $shared = new stdClass;
    $text = serialize([$shared, new Waits($name), $shared, new Waits($name), $shared]);
    $back = unserialize($text);
    return var_export($back[0] === $back[2] && $back[2] === $back[4], true) . " {$back[1]->name} {$back[3]->name}";
}
$expected = once('x');
$all = [];
foreach (['a', 'b', 'c'] as $name) {
    $all[$name] = go(fn () => once($name));
}
foreach ($all as $name => $c) {
    echo $c->join() === str_replace('x', $name, $expected) ? "same\n" : "mixed\n";
}
?>
--EXPECT--
same
same
same
