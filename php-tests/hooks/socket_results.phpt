--TEST--
Hooked sockets give PHP's own results and messages
--FILE--
<?php
require __DIR__ . '/../include/socket_compare.php';

same_as_plain('read, partial read, eof', function () {
    [$a, $b] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
    $seen = [fwrite($a, "hello\nworld"), fgets($b), fread($b, 3), feof($b)];
    fclose($a);
    return [...$seen, fread($b, 100), feof($b), fread($b, 100), fgets($b), stream_get_meta_data($b)['timed_out']];
});
same_as_plain('read timeout', function () {
    [$a, $b] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
    stream_set_timeout($b, 0, 20000);
    $seen = [about(0.02, function () use ($b, &$read) {
        $read = fread($b, 10);
    }), $read, stream_get_meta_data($b), feof($b)];
    fwrite($a, 'late');
    return [...$seen, fread($b, 10), stream_get_meta_data($b)['timed_out']];
});
same_as_plain('read timeout of zero', function () {
    [$a, $b] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
    stream_set_timeout($b, 0);
    return [fread($b, 10), stream_get_meta_data($b)['timed_out']];
});
same_as_plain('non-blocking', function () {
    [$a, $b] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
    stream_set_blocking($b, false);
    $seen = [fread($b, 10), fgets($b), feof($b), stream_get_meta_data($b)];
    fwrite($a, 'x');
    $seen[] = fread($b, 10);
    stream_set_blocking($a, false);
    $written = 0;
    while ($n = fwrite($a, str_repeat('y', 65536))) {
        $written += $n;
    }
    return [...$seen, $n, $written > 65536];
});
same_as_plain('write timeout', function () {
    [$a, $b] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
    stream_set_timeout($a, 0, 20000);
    $sent = fwrite($a, str_repeat('z', 4 << 20));
    return [$sent > 0 && $sent < 4 << 20, $sent === strlen(drain($b)), stream_get_meta_data($a)['timed_out']];
});
same_as_plain('write to a closed peer', function () {
    [$a, $b] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
    fclose($b);
    return [fwrite($a, 'x'), fwrite($a, 'yy'), feof($a)];
});
same_as_plain('connection reset', function () {
    [$server, $address] = listening();
    $client = stream_socket_client("tcp://$address");
    $peer = stream_socket_accept($server);
    fwrite($client, 'never read');
    usleep(1000);
    fclose($peer);
    return [fread($client, 10), feof($client), fread($client, 10)];
});
same_as_plain('shutdown', function () {
    [$a, $b] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
    fwrite($a, 'last');
    return [stream_socket_shutdown($a, STREAM_SHUT_WR), stream_get_contents($b), feof($b), fwrite($b, 'back'), fread($a, 9)];
});
same_as_plain('line and record reads', function () {
    [$a, $b] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
    fwrite($a, "one\ntwo;three;four");
    fclose($a);
    return [fgetc($b), fgets($b), stream_get_line($b, 100, ';'), stream_get_line($b, 100, ';'), stream_get_line($b, 100, ';'), fgets($b)];
});
same_as_plain('stream_copy_to_stream and filters', function () {
    [$a, $b] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
    [$c, $d] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
    stream_filter_append($b, 'string.rot13', STREAM_FILTER_READ);
    stream_filter_append($c, 'string.toupper', STREAM_FILTER_WRITE);
    fwrite($a, 'uryyb');
    fclose($a);
    $copied = stream_copy_to_stream($b, $c);
    fclose($c);
    return [$copied, stream_get_contents($d)];
});
same_as_plain('recvfrom and sendto', function () {
    [$a, $b] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
    fwrite($a, 'abcdef');
    return [stream_socket_recvfrom($b, 3, STREAM_PEEK), stream_socket_recvfrom($b, 4, 0, $from), $from,
        stream_socket_sendto($b, 'answer'), fread($a, 10), fread($b, 10)];
});

function drain($stream): string
{
    stream_set_blocking($stream, false);
    return stream_get_contents($stream);
}
?>
--EXPECT--
read, partial read, eof: same
read timeout: same
read timeout of zero: same
non-blocking: same
write timeout: same
write to a closed peer: same
connection reset: same
shutdown: same
line and record reads: same
stream_copy_to_stream and filters: same
recvfrom and sendto: same
