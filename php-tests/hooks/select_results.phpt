--TEST--
A hooked stream_select() gives PHP's own arrays, counts and messages
--SKIPIF--
<?php
if (!function_exists('posix_setrlimit')) {
    die('skip needs ext/posix');
}
?>
--FILE--
<?php
require __DIR__ . '/../include/socket_compare.php';

function pair(): array
{
    return stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
}

// The keys of the arrays tell everything about them.
function select($read, $write, $except, ...$timeout): array
{
    $count = stream_select($read, $write, $except, ...$timeout);
    return [$count, $read === null ? null : array_keys($read), $write === null ? null : array_keys($write), $except === null ? null : array_keys($except)];
}

same_as_plain('readable, with keys', function () {
    [[$a, $b], [$c, $d]] = [pair(), pair()];
    fwrite($c, 'x');
    return select(['first' => $b, 7 => $d], ['w' => $a], null, 1);
});
same_as_plain('nothing until the deadline', function () {
    [$a, $b] = pair();
    return [about(0.03, function () use ($b, &$seen) {
        $seen = select([$b], null, null, 0, 30000);
    }), $seen, select([$b], [], [], 0), select([$b], null, null, 0, 0), select([$b], null, null, 0, null)];
});
same_as_plain('no end', function () {
    [$a, $b] = pair();
    fwrite($a, 'x');
    return [select([$b], null, null, null), select([$b], null, null, null, null), select(null, [$a], null, null, 0)];
});
same_as_plain('bytes in the read buffer', function () {
    [$a, $b] = pair();
    fwrite($a, "one\ntwo\n");
    fgets($b);
    return select(['b' => $b], ['a' => $a], ['e' => $a], 1);
});
same_as_plain('hang-up', function () {
    [$a, $b] = pair();
    fclose($b);
    return [select([$a], [$a], [$a], 1), select(null, null, [$a], 0, 20000), select(null, [$a], null, 1)];
});
same_as_plain('references and strange elements', function () {
    [$a, $b] = pair();
    fwrite($a, 'x');
    $list = ['x' => &$b, 'y' => $a];
    return [stream_select($list, $none, $none, 1), array_keys($list), select(['n' => 5, 's' => 'text', 'b' => $b], null, null, 1)];
});
same_as_plain('nothing to select', fn() => select([], [], [], 1));
same_as_plain('null only', fn() => select(null, null, null, 1));
same_as_plain('closed', function () {
    [$a, $b] = pair();
    fclose($b);
    return select([$b], null, null, 1);
});
same_as_plain('one that cannot be selected', function () {
    [$a, $b] = pair();
    fwrite($a, 'x');
    return select([fopen('php://memory', 'r+'), $b], null, null, 1);
});
same_as_plain('only one that cannot be selected', fn() => select([fopen('php://memory', 'r+')], null, null, 1));
same_as_plain('seconds below zero', fn() => select([pair()[0]], null, null, -1));
same_as_plain('microseconds below zero', fn() => select([pair()[0]], null, null, 0, -1));
same_as_plain('microseconds without seconds', fn() => select([pair()[0]], null, null, null, 5));
same_as_plain('whole float', function () {
    [$a, $b] = pair();
    return select([$b], null, null, 0.0, 20000.0);
});
same_as_plain('fraction', fn() => select([pair()[0]], null, null, 0.3));
same_as_plain('text', fn() => select([pair()[0]], null, null, 'long'));
same_as_plain('too few', fn() => stream_select($a, $b, $c));
same_as_plain('no array', function () {
    $text = 'text';
    return stream_select($text, $none, $none, 1);
});
same_as_plain('a descriptor beyond FD_SETSIZE', function () {
    posix_setrlimit(POSIX_RLIMIT_NOFILE, 4096, 4096);
    for ($i = 0; $i < 520; $i++) {
        $pairs[] = pair();
    }
    [$a, $b] = end($pairs);
    fwrite($a, 'x');
    $read = [$b];
    return [stream_select($read, $none, $none, 1), count($read)];
});
?>
--EXPECT--
readable, with keys: same
nothing until the deadline: same
no end: same
bytes in the read buffer: same
hang-up: same
references and strange elements: same
nothing to select: same
null only: same
closed: same
one that cannot be selected: same
only one that cannot be selected: same
seconds below zero: same
microseconds below zero: same
microseconds without seconds: same
whole float: same
fraction: same
text: same
too few: same
no array: same
a descriptor beyond FD_SETSIZE: same
