--TEST--
A child forked inside run() goes on alone, and ends it
--EXTENSIONS--
pcntl
--FILE--
<?php
Tusk\go(function () { Tusk\sleep(0.02); echo getmypid() === $GLOBALS['parent'] ? "parent's other\n" : "must not be seen\n"; });
$parent = getmypid();
$pid = Tusk\run(function () {
    Tusk\sleep(0.001);
    $pid = pcntl_fork();
    if ($pid === 0) {
        Tusk\sleep(0.001);
        echo Tusk\run(fn () => "child runs\n");
    }
    return $pid;
});
if (getmypid() !== $parent) {
    echo "must not be seen either\n";
    exit;
}
pcntl_waitpid($pid, $status);
echo 'child ended with ', pcntl_wexitstatus($status), "\n";
?>
--EXPECT--
child runs
child ended with 0
parent's other
