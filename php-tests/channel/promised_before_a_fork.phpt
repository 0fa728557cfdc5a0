--TEST--
A value that a receiver of the parent was woken for can be received in the child of a fork
--DESCRIPTION--
count() said that it was there, and receive() waited for ever.
--EXTENSIONS--
pcntl
--FILE--
<?php
use Tusk\Channel;
$channel = new Channel(1);
$other = new Channel(1);
$waits = Tusk\go(fn () => 'parent got ' . $channel->receive() . "\n");
$chooses = Tusk\go(fn () => 'parent chose ' . Channel::select([$other, new Channel()])[1] . "\n");
Tusk\sleep(0);
$channel->send('first');
$other->send('other');
$pid = pcntl_fork();
if ($pid === 0) {
    try {
        // It takes the channel's room, as it is nobody's any more.
        try {
            $channel->send('second', 0.001);
        } catch (Tusk\TimeoutException) {
            echo "full\n";
        }
        echo $channel->count(), ' in it: ', $channel->receive(1), "\n";
        echo Channel::select([$other], 1)[1], "\n";
        $channel->send('child', 1);
        echo $channel->receive(1), ', ', $channel->count(), " left\n";
    } catch (Throwable $e) {
        echo $e::class, ' ', $e->getMessage(), "\n";
    }
    exit(0);
}
pcntl_waitpid($pid, $status);
echo $waits->join(), $chooses->join();
?>
--EXPECT--
full
1 in it: first
other
child, 0 left
parent got first
parent chose other
