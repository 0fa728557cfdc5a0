--TEST--
A channel in a forked child forgets who waited in the parent
--EXTENSIONS--
pcntl
--FILE--
<?php
use Tusk\Channel;
$channel = new Channel(2);
$waits = Tusk\go(fn () => print('parent got ' . $channel->receive() . "\n"));
Tusk\sleep(0);
$pid = pcntl_fork();
if ($pid === 0) {
    $channel->send('child');
    echo 'child got ', $channel->receive(), "\n";
    exit;
}
pcntl_waitpid($pid, $status);
echo $status, "\n";
$channel->send('parent');
$waits->join();
?>
--EXPECT--
child got child
0
parent got parent
