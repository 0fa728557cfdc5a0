--TEST--
session_start while another coroutine has the session open is a MisuseError
--SKIPIF--
<?php
if (!extension_loaded("session")) exit("skip needs ext/session");
?>
--INI--
session.use_cookies=0
session.cache_limiter=
session.use_strict_mode=0
session.save_path={TMP}
--FILE--
<?php
require __DIR__ . '/../include/turns.inc';
use function Tusk\go;
$a = go(function () {
    session_id('a');
    session_start();
    $_SESSION['who'] = 'a';
    turns(4);
    session_start();
    session_write_close();
    turns(4);
    return 'a closed';
});
$b = go(function () {
    turns(1);
    try {
        session_start();
        return 'opened';
    } catch (Tusk\MisuseError $e) {
        echo $e->getMessage(), "\n";
    }
    $GLOBALS['a']->join();
    session_id('b');
    session_start();
    $seen = $_SESSION['who'] ?? 'nobody';
    session_destroy();
    return "b sees $seen";
});
echo $a->join(), "\n", $b->join(), "\n";
?>
--EXPECTF--
session_start(): another coroutine has the session open, and a process has only one. Close it with session_write_close() before waiting, or set tusk.superglobals=1 in php.ini, which gives each coroutine a session of its own

Notice: session_start(): Ignoring session_start() because a session is already active%Sin %s on line %d
a closed
b sees nobody
