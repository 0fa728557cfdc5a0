--TEST--
libxml_use_internal_errors and the errors it collects are the coroutine's own
--SKIPIF--
<?php
if (!extension_loaded("simplexml")) exit("skip needs ext/simplexml");
?>
--FILE--
<?php
require __DIR__ . '/../include/turns.inc';
use function Tusk\go;
function messages(): array
{
    return array_map(fn ($e) => trim(strtok($e->message, ':')), libxml_get_errors());
}
$a = go(function () {
    libxml_use_internal_errors(true);
    simplexml_load_string('<a><b></a>');
    turns(2);
    $count = count(libxml_get_errors());
    libxml_clear_errors();
    turns(2);
    return [$count > 0, count(libxml_get_errors()), libxml_use_internal_errors()];
});
$b = go(function () {
    turns(1);
    $mode = libxml_use_internal_errors();
    $last = libxml_get_last_error();
    @simplexml_load_string('<x>');
    turns(4);
    return [$mode, $last, count(libxml_get_errors()), error_get_last() !== null];
});
echo json_encode($a->join()), "\n", json_encode($b->join()), "\n";

// The mode is inherited like a handler, what was collected is not.
libxml_use_internal_errors(true);
simplexml_load_string('<main>');
$c = go(function () {
    $inherited = [libxml_use_internal_errors(), count(libxml_get_errors())];
    simplexml_load_string('<c1></c2>');
    $own = count(libxml_get_errors());
    turns(2);
    libxml_use_internal_errors(false);
    turns(2);
    return [$inherited, $own > 0, libxml_use_internal_errors()];
});
$d = go(function () {
    turns(3);
    return [libxml_use_internal_errors(), count(libxml_get_errors())];
});
echo json_encode([$c->join(), $d->join(), libxml_use_internal_errors(), count(libxml_get_errors()) > 0]), "\n";
?>
--EXPECT--
[true,0,true]
[false,false,0,true]
[[[true,0],true,false],[true,0],true,true]
