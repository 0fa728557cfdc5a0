--TEST--
tusk.superglobals: a callback of the event loop begins with the script's, and keeps its own over a wait
--INI--
tusk.superglobals=1
--FILE--
<?php
$_GET = ['who' => 'script'];
$loop = new Tusk\EventLoop();
$left = 3;
for ($i = 1; $i <= 3; $i++) {
    $loop->delay(0.001, static function () use ($i, &$left, $loop): void {
        echo "callback $i begins with {$_GET['who']}\n";
        $_GET['who'] = "callback $i";
        // The second does not wait.
        if ($i !== 2) {
            Tusk\sleep(0.001 * $i);
        }
        echo "callback $i has {$_GET['who']}\n";
        if (--$left === 0) {
            $loop->stop();
        }
    });
}
$loop->run();
echo $_GET['who'], "\n";
?>
--EXPECT--
callback 1 begins with script
callback 2 begins with script
callback 2 has callback 2
callback 3 begins with script
callback 1 has callback 1
callback 3 has callback 3
script
