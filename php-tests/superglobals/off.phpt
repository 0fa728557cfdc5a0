--TEST--
Without tusk.superglobals they are the process's, as in plain PHP; a wrong value is refused
--FILE--
<?php
Tusk\go(static function (): void {
    $_GET = ['who' => 'a'];
    Tusk\sleep(0.001);
    echo $_GET['who'], "\n";
});
Tusk\go(static function (): void {
    $_GET = ['who' => 'b'];
    Tusk\sleep(0.001);
    echo $_GET['who'], "\n";
})->join();
var_dump(ini_get('tusk.superglobals'), ini_set('tusk.superglobals', '1'));
echo shell_exec(getenv('TUSK_PHP') . ' -d tusk.superglobals=perhaps -d display_errors=stderr -r "echo ini_get(\'tusk.superglobals\');" 2>&1');
?>
--EXPECTF--
b
b
string(1) "0"
bool(false)
%AWarning: %STusk: tusk.superglobals cannot be "perhaps"; expected 0 or 1. The previous value stays in Unknown on line 0%A0
