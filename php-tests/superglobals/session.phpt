--TEST--
tusk.superglobals: two coroutines have a session each; who waits for a session's lock holds nobody up; one left open is written
--EXTENSIONS--
session
--INI--
tusk.superglobals=1
session.use_cookies=0
session.cache_limiter=
--FILE--
<?php
require __DIR__ . '/../include/process.inc';
$folder = Tusk\Tests\temporary_folder();
session_save_path($folder);
ob_start();
$request = static function (string $id, string $value, Tusk\Channel $turn, bool $close): void {
    session_id($id);
    session_start();
    $_SESSION['seen'][] = $value;
    $turn->receive();
    echo "$value: ", session_id(), ' ', implode(',', $_SESSION['seen']), "\n";
    if ($close) {
        session_write_close();
    }
};
$turns = [new Tusk\Channel(1), new Tusk\Channel(1), new Tusk\Channel(1)];
$first = Tusk\go($request, 'one', 'first', $turns[0], false);
$second = Tusk\go($request, 'two', 'second', $turns[1], true);
// Waits for the lock of the first one's session.
$third = Tusk\go($request, 'one', 'third', $turns[2], true);
$turns[2]->send(true);
Tusk\sleep(0.01);
$turns[1]->send(true);
$second->join();
$main = [session_status() === PHP_SESSION_NONE, isset($_SESSION), session_id()];
$turns[0]->send(true);
$first->join();
$third->join();
ob_end_flush();
var_dump(...$main);
foreach (glob("$folder/*") as $file) {
    echo basename($file), ' ', file_get_contents($file), "\n";
    unlink($file);
}
rmdir($folder);
?>
--EXPECT--
second: two second
first: one first
third: one first,third
bool(true)
bool(false)
string(0) ""
sess_one seen|a:2:{i:0;s:5:"first";i:1;s:5:"third";}
sess_two seen|a:1:{i:0;s:6:"second";}
