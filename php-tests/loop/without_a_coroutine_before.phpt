--TEST--
An event loop in a process that has spawned nothing, and in a fork of it
--EXTENSIONS--
pcntl
--FILE--
<?php
function serve(string $who): void
{
    Tusk\EventLoop::delay(0.001, function () use ($who) {
        Tusk\sleep(0.001);
        echo "$who: after a wait\n";
        Tusk\EventLoop::stop();
    });
    Tusk\EventLoop::run();
}
if (pcntl_fork() === 0) {
    serve('child');
    exit(0);
}
pcntl_wait($status);
echo pcntl_wifexited($status) ? '' : 'killed by ' . pcntl_wtermsig($status) . "\n";
serve('parent');
?>
--EXPECT--
child: after a wait
parent: after a wait
