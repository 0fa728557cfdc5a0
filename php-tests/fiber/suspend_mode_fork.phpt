--TEST--
A fork in a Fiber of a loop: the child goes on in the Fiber and then in the loop, without the parent's waits
--EXTENSIONS--
pcntl
--INI--
tusk.fiber_mode=suspend
--FILE--
<?php
$waits = new Fiber(static function (): void {
    do {
        usleep(1000);
    } while (empty($GLOBALS['over']));
    echo getmypid() === $GLOBALS['parent'] ? "the parent's\n" : "the parent's wait went on in the child\n";
});
$parent = getmypid();
$waits->start();
$forks = new Fiber(static function (): void {
    usleep(100);
    $child = pcntl_fork();
    if ($child === 0) {
        usleep(100);
        echo "child slept\n";
        $GLOBALS['over'] = true;
        return;
    }
    pcntl_waitpid($child, $status);
    echo 'ended with ', pcntl_wexitstatus($status), "\n";
    $GLOBALS['over'] = true;
});
$forks->start();
while (empty($over)) {
    usleep(500);
}
if (getmypid() !== $parent) {
    echo "the child's loop\n";
    exit(7);
}
while (!$waits->isTerminated()) {
    usleep(500);
}
?>
--EXPECT--
child slept
the child's loop
ended with 7
the parent's
