--TEST--
A dump says about how long a coroutine has waited, when that is a second or more
--FILE--
<?php
$never = new Tusk\Channel(0);
$waits = static function () use ($never): void {
    try {
        $never->receive();
    } catch (Tusk\MisuseError) {
        // It was closed.
    }
};
Tusk\go($waits);
Tusk\sleep(0.001);
$until = microtime(true) + 1.1;
while (microtime(true) < $until) {
    Tusk\sleep(0.05);
}
Tusk\go($waits);
Tusk\sleep(0);
preg_match_all('/^coroutine #\d+ waits in Tusk\\\\Channel.*$/m', Tusk\Runtime::dump(), $lines);
foreach ($lines[0] as $line) {
    echo preg_match('/since about (\d+\.\d) s/', $line, $since) ? ($since[1] >= 1.0 && $since[1] < 60 ? "since a second or more\n" : $line) : "not said\n";
}
$never->close();
?>
--EXPECT--
since a second or more
not said
