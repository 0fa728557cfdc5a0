--TEST--
tusk.superglobals: each coroutine has its own, inherited by those it spawns
--INI--
tusk.superglobals=1
variables_order=EGPCS
--FILE--
<?php
$names = ['_GET', '_POST', '_COOKIE', '_FILES', '_REQUEST', '_SERVER', '_ENV'];
$_GET = ['who' => 'main'];
$_SERVER['WHO'] = 'main';
$show = static fn (string $where): string => sprintf(
    "%s: GET %s, POST %s, COOKIE %s, REQUEST %s, SERVER %s, SESSION %s\n",
    $where,
    $_GET['who'] ?? '-',
    $_POST['who'] ?? '-',
    $_COOKIE['who'] ?? '-',
    $_REQUEST['who'] ?? '-',
    $_SERVER['WHO'] ?? '-',
    isset($_SESSION) ? $_SESSION['who'] : 'unset',
);
Tusk\run(static function () use ($show): void {
    foreach (['a', 'b'] as $who) {
        Tusk\go(static function () use ($who, $show): void {
            echo $show("$who begins");
            $_GET['who'] = $_POST['who'] = $_COOKIE['who'] = $_REQUEST['who'] = $_SERVER['WHO'] = $who;
            $_SESSION = ['who' => $who];
            Tusk\sleep(0);
            echo $show("$who goes on");
            Tusk\go(static function () use ($who, $show): void {
                echo $show("child of $who");
                $_GET['who'] = "child of $who";
                unset($_SESSION);
                Tusk\sleep(0);
                echo $show("child of $who goes on");
            })->join();
            echo $show("$who ends");
        });
    }
});
echo $show('main');

// A reference to one of them is the coroutine's that made it.
$mine = &$_GET;
Tusk\go(static function (): void {
    $_GET['who'] = 'through no reference';
    Tusk\sleep(0);
})->join();
var_dump($mine, $_GET === $mine);

// A generator and a Fiber of PHP code see the coroutine's that runs them.
Tusk\go(static function (): void {
    $_GET = ['who' => 'c'];
    $fiber = new Fiber(static function (): void {
        Tusk\sleep(0.001);
        echo $_GET['who'], "\n";
    });
    $fiber->start();
})->join();
?>
--EXPECT--
a begins: GET main, POST -, COOKIE -, REQUEST -, SERVER main, SESSION unset
b begins: GET main, POST -, COOKIE -, REQUEST -, SERVER main, SESSION unset
a goes on: GET a, POST a, COOKIE a, REQUEST a, SERVER a, SESSION a
b goes on: GET b, POST b, COOKIE b, REQUEST b, SERVER b, SESSION b
child of a: GET a, POST a, COOKIE a, REQUEST a, SERVER a, SESSION a
child of b: GET b, POST b, COOKIE b, REQUEST b, SERVER b, SESSION b
child of a goes on: GET child of a, POST a, COOKIE a, REQUEST a, SERVER a, SESSION unset
child of b goes on: GET child of b, POST b, COOKIE b, REQUEST b, SERVER b, SESSION unset
a ends: GET a, POST a, COOKIE a, REQUEST a, SERVER a, SESSION a
b ends: GET b, POST b, COOKIE b, REQUEST b, SERVER b, SESSION b
main: GET main, POST -, COOKIE -, REQUEST -, SERVER main, SESSION unset
array(1) {
  ["who"]=>
  string(4) "main"
}
bool(true)
c
