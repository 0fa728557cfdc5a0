--TEST--
A context is inherited at the spawn, and changes stay with who made them
--FILE--
<?php
use Tusk\Context;
use function Tusk\go;
var_dump(Context::get('user'), Context::get('user', 'nobody'), Context::has('user'), Context::all());
Context::set('user', 'ann');
Context::set('nothing', null);
var_dump(Context::has('nothing'), Context::get('nothing', 'default'));
$child = go(function () {
    echo 'child starts with ', Context::get('user'), "\n";
    Context::set('user', 'bob');
    Context::set('only', 'here');
    Context::delete('nothing');
    $grandchild = go(fn () => Context::all());
    Context::set('user', 'carl');
    Tusk\sleep(0);
    echo 'child has ', json_encode(Context::all()), "\n";
    return $grandchild->join();
});
Context::set('user', 'after the spawn');
echo 'grandchild had ', json_encode($child->join()), "\n";
echo 'main has ', json_encode(Context::all()), "\n";
Context::delete('user');
Context::delete('never there');
Context::set('12', 'a number as a name');
var_dump(Context::get('12'));
Context::replace(['x' => 1]);
echo json_encode(Context::all()), "\n";
$value = 1;
$array = ['reference' => &$value];
Context::replace($array);
Context::set('reference', 2);
echo $value, ' ', Context::get('reference'), "\n";
--EXPECT--
NULL
string(6) "nobody"
bool(false)
array(0) {
}
bool(true)
NULL
grandchild had child starts with ann
child has {"user":"carl","only":"here"}
{"user":"bob","only":"here"}
main has {"user":"after the spawn","nothing":null}
string(18) "a number as a name"
{"x":1}
1 2
