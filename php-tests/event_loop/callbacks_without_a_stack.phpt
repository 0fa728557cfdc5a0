--TEST--
Callbacks for which there is no stack wait for one, and whoever is ready goes on meanwhile
--DESCRIPTION--
The process slept though the sender was ready: its turn was behind a callback without a stack.
--SKIPIF--
<?php
exec('ulimit -v 500000; exec ' . escapeshellarg(getenv('TUSK_PHP')) . ' -r "echo 1;" 2>&1', $output, $status);
if ($status) die('skip this PHP does not start in 500 MB of address space: ' . end($output));
?>
--FILE--
<?php
$code = <<<'PHP'
use Tusk\Channel;
use Tusk\EventLoop;
$count = 1000;
$channel = new Channel(0);
$received = $most = $waiting = 0;
for ($i = 0; $i < $count; $i++) {
    EventLoop::delay(0.001, function () use ($channel, $count, &$received, &$most, &$waiting) {
        $most = max($most, ++$waiting);
        $channel->receive();
        $waiting--;
        if (++$received === $count) {
            EventLoop::stop();
        }
    });
}
Tusk\go(function () use ($channel, $count, &$most) {
    // Until no further callback gets a stack.
    do {
        $before = $most;
        Tusk\sleep(0.05);
    } while ($most === 0 || $most > $before);
    for ($i = 0; $i < $count; $i++) {
        $channel->send($i);
    }
});
EventLoop::run();
echo $received, ' received, ', $most < $count ? 'not all at once' : 'all at once', "\n";
PHP;
$limited = 'ulimit -v 500000; exec "$@"';
$log = getenv('TMPDIR') . '/no_stack.log';
$command = ['/bin/sh', '-c', $limited, 'sh', getenv('TUSK_PHP'), '-d', "error_log=$log", '-r', $code];
$status = proc_close(proc_open($command, [], $pipes));
echo "ended with $status\n";
echo preg_match_all('/callbacks of the event loop wait, because there is no room/', file_get_contents($log)), " line in the log\n";
?>
--EXPECT--
1000 received, not all at once
ended with 0
1 line in the log
