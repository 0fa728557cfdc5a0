--TEST--
socket_last_error and posix_get_last_error tell the own coroutine's error
--SKIPIF--
<?php
if (!extension_loaded('sockets') || !extension_loaded('posix')) exit('skip needs ext/sockets and ext/posix');
if (PHP_ZTS) exit('skip these are not kept apart in a thread-safe build');
?>
--FILE--
<?php
require __DIR__ . '/../include/turns.inc';
use function Tusk\go;
function lasts(): string
{
    return json_encode([socket_strerror(socket_last_error()), posix_strerror(posix_get_last_error())]);
}
$a = go(function () {
    @socket_bind(socket_create(AF_INET, SOCK_STREAM, 0), '192.0.2.1', 0);
    posix_kill(getmypid(), 1000);
    turns(2);
    return lasts();
});
$b = go(function () {
    $before = lasts();
    @socket_listen(socket_create(AF_INET, SOCK_DGRAM, 0));
    posix_mkfifo('/no/such/folder/fifo', 0600);
    turns(2);
    $own = lasts();
    socket_clear_error();
    turns(2);
    return [$before, $own, lasts()];
});
echo $a->join(), "\n", implode("\n", $b->join()), "\n", lasts(), "\n";
?>
--EXPECT--
["Cannot assign requested address","Invalid argument"]
["Success","Success"]
["Operation not supported","No such file or directory"]
["Success","No such file or directory"]
["Success","Success"]
