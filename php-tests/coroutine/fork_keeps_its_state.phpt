--TEST--
A child forked inside a shield goes on there, runs its defers, and ends with its coroutine
--EXTENSIONS--
pcntl
--FILE--
<?php
use Tusk\Coroutine;
$forks = Tusk\go(function () {
    Coroutine::defer(fn () => print(getmypid() === $GLOBALS['parent'] ? "parent's defer\n" : "child's defer\n"));
    return Coroutine::shield(function () {
        $pid = pcntl_fork();
        if ($pid === 0) {
            Tusk\sleep(0.001);
            echo 'child: ', implode(' ', array_keys(Coroutine::all())), "\n";
            return 'child';
        }
        pcntl_waitpid($pid, $status);
        echo "child ended with $status\n";
        return 'parent';
    });
});
$parent = getmypid();
Tusk\go(function () { Tusk\sleep(0.001); $GLOBALS['other'] = "the other\n"; });
echo $forks->join(), "\n";
Tusk\sleep(0.001);
echo $other;
?>
--EXPECT--
child: 1
child's defer
child ended with 0
parent's defer
parent
the other
