--TEST--
ini settings, locale, timezone, umask, environment and current directory are the process's
--FILE--
<?php
require __DIR__ . '/../include/turns.inc';
use function Tusk\go;
go(function () {
    ini_set('precision', '5');
    date_default_timezone_set('Asia/Tokyo');
    umask(027);
    putenv('TUSK_SHARED=yes');
    chdir('/');
    turns(2);
    echo ini_get('precision'), "\n";
});
go(function () {
    turns(1);
    printf("%s %s %o %s %s\n", ini_get('precision'), date_default_timezone_get(), umask(), getenv('TUSK_SHARED'), getcwd());
    ini_set('precision', '7');
})->join();
turns(2);
?>
--EXPECT--
5 Asia/Tokyo 27 yes /
7
