--TEST--
Names of hosts that many coroutines give to ext/sockets at once do not mix: PHP has one buffer for all
--EXTENSIONS--
sockets
--FILE--
<?php
$here = gethostbyname('localhost');
$bound = static function (int $n) use ($here): bool {
    $socket = socket_create(AF_INET, SOCK_DGRAM, 0);
    if ($n % 3 === 0) {
        return @socket_bind($socket, "no-such-host-$n.invalid") === false;
    }
    // A name and its error number are told apart from those of others, also when they come at once.
    return socket_bind($socket, 'localhost') && socket_getsockname($socket, $address) && $address === $here
        && gethostbynamel('localhost')[0] === $here;
};
$others = 0;
$ticker = Tusk\go(static function () use (&$others): void {
    for (;; $others++) {
        Tusk\sleep(0);
    }
});
$coroutines = [];
for ($n = 0; $n < 120; $n++) {
    $coroutines[] = Tusk\go($bound, $n);
}
// Some are given up while the resolver works for them.
foreach ([5, 50, 100] as $n) {
    $coroutines[$n]->cancel();
}
$right = $cancelled = 0;
foreach ($coroutines as $coroutine) {
    try {
        $right += (int) $coroutine->join();
    } catch (Tusk\CancelledException) {
        $cancelled++;
    }
}
$ticker->cancel();
echo "$right right, $cancelled cancelled\n";
echo $others > 0 ? "others ran\n" : "nobody else ran\n";
?>
--EXPECT--
117 right, 3 cancelled
others ran
