--TEST--
Channels, sockets, every wait cancelled, nested Fibers, buffers, generators, names and the loop in one process; valgrind watches this one
--FILE--
<?php
use function Tusk\{go, run, sleep, timeout};
use Tusk\Channel;
$channel = new Channel(4);
for ($i = 0; $i < 40; $i++) {
    go(function () use ($channel, $i) { for ($n = 0; $n < 5; $n++) { $channel->send([$i, $n]); if ($n % 2) sleep(0.0005 * ($i % 3)); } });
}
$sum = 0;
$reader = go(function () use ($channel, &$sum) { for ($n = 0; $n < 200; $n++) { $sum += array_sum($channel->receive()); } });
$reader->join();
echo $sum, "\n";
// sockets
$server = stream_socket_server('tcp://127.0.0.1:0'); $name = stream_socket_get_name($server, false);
$acceptor = go(function () use ($server) {
    for ($i = 0; $i < 20; $i++) { $c = stream_socket_accept($server); go(function () use ($c) { while (($l = fgets($c)) !== false) { usleep(200); fwrite($c, strtoupper($l)); } fclose($c); }); }
});
$clients = [];
for ($i = 0; $i < 20; $i++) $clients[] = go(function () use ($name, $i) { $c = stream_socket_client("tcp://$name"); $out = ''; for ($n = 0; $n < 3; $n++) { fwrite($c, "line $i $n\n"); $out .= fgets($c); } return strlen($out); });
echo array_sum(array_map(fn ($c) => $c->join(), $clients)), "\n";
// cancel in all waits
[$a, $b] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
$waits = [fn () => sleep(60), fn () => (new Channel)->receive(), fn () => (new Channel)->send(1), fn () => fread($b, 10), fn () => usleep(60000000), function () use ($b) { $r = [$b]; $n = null; stream_select($r, $n, $n, 60); }, fn () => Tusk\Coroutine::suspend(), fn () => gethostbyname('localhost'), fn () => (go(fn () => sleep(60)))->join(), fn () => timeout(60, fn () => sleep(60)), fn () => fgets($b), function () { try { sleep(60); } finally { sleep(0.0001); echo "f\n"; } }];
$all = [];
foreach ($waits as $w) $all[] = go($w);
sleep(0.002);
foreach ($all as $c) $c->cancel();
foreach ($all as $n => $c) { try { $c->join(); echo "$n done\n"; } catch (Throwable $e) { echo $n, ' ', get_class($e), "\n"; } }
// timeouts
for ($i = 0; $i < 10; $i++) { try { timeout(0.0005 * ($i % 4), function () use ($i) { sleep(0.001); return $i; }); } catch (Tusk\TimeoutException $e) { } }
// nested fibers
$n = go(function () {
    $f = new Fiber(function ($x) { $r = Fiber::suspend($x + 1); sleep(0.001); $g = new Fiber(function () { sleep(0.001); Fiber::suspend(1); sleep(0.001); return 2; }); $g->start(); $g->resume(); return $r + $g->getReturn(); });
    $v = $f->start(1); sleep(0.001); $f->resume(10); return [$v, $f->getReturn()];
});
echo json_encode($n->join()), "\n";
// many, with exceptions, output buffers, generators
$cs = [];
for ($i = 0; $i < 150; $i++) $cs[] = go(function () use ($i) { ob_start(); echo $i; set_error_handler(fn () => true); $g = (function () use ($i) { try { yield 1; sleep(0.0003); yield 2; } finally { } })(); foreach ($g as $v) { sleep(0.0001 * ($i % 7)); if ($i % 11 === 0) break; } if ($i % 13 === 0) throw new Exception("x$i"); return ob_get_clean(); });
$ok = 0; foreach ($cs as $c) { try { $ok += strlen($c->join()); } catch (Exception $e) { $ok += 1000; } } echo $ok, "\n";
// deep vm stack
$d = go(function () { $f = function ($n) use (&$f) { if ($n === 0) { sleep(0.0001); return 0; } return 1 + $f($n - 1); }; return $f(2000); }); echo $d->join(), "\n";
// workers freed beyond the idle limit & dns
$d = []; for ($i = 0; $i < 8; $i++) $d[] = go(fn () => gethostbyname('localhost')); foreach ($d as $x) echo $x->join(), ' '; echo "\n";
// loop
$loop = new Tusk\EventLoop; $t = 0; $loop->repeat(0.001, function () use (&$t, $loop) { if (++$t === 5) { $loop->stop(); } sleep(0.0002); }); $loop->run(); echo $t >= 5 ? "loop\n" : "?\n";
// left over at the end
for ($i = 0; $i < 5; $i++) go(function () { try { sleep(60); } finally { echo "end\n"; } });
sleep(0);
register_shutdown_function(function () { echo "shutdown\n"; });
exit(4);
?>
--EXPECTF--
4300
570
%a
[2,12]
%d
2000
127.0.0.1 127.0.0.1 127.0.0.1 127.0.0.1 127.0.0.1 127.0.0.1 127.0.0.1 127.0.0.1 
loop
%a
