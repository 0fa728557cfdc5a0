<?php
/**
 * What the rows of slow_names.php share: a name server that answers after 40 ms.
 *
 * Which server is asked stands in /etc/resolv.conf, so the row's process has a mount and a network
 * namespace of its own, and is root in them.
 */

declare(strict_types=1);

namespace Tusk\Tests\Matrix;

use function Tusk\Tests\plain_php;

/** A process that may have its own /etc and its own port 53. */
const NAMESPACES = ['unshare', '--map-root-user', '--mount', '--net'];

function slow_name_row(string $call, \Closure $run, string $layer = 'interposition', array $needs = []): Row
{
    return new Row(
        $call, $layer, $run, waits: 0.038, setup: static fn (string $folder): mixed => answer_slowly($folder),
        needs: ['privilege:namespaces', 'command:ip', ...$needs], under: NAMESPACES,
    );
}

/** @return array what has to live as long as the row */
function answer_slowly(string $folder): array
{
    file_put_contents("$folder/resolv.conf", "nameserver 127.0.0.1\nsearch test\noptions timeout:5 attempts:1\n");
    file_put_contents("$folder/nsswitch.conf", "hosts: files dns\n");
    $commands = [
        'ip link set lo up',
        'mount --bind ' . escapeshellarg("$folder/resolv.conf") . ' /etc/resolv.conf',
        'mount --bind ' . escapeshellarg("$folder/nsswitch.conf") . ' /etc/nsswitch.conf',
    ];
    foreach ($commands as $command) {
        exec("PATH=\$PATH:/usr/sbin:/sbin $command 2>&1", $output, $status);
        $status === 0 || throw new \RuntimeException("$command: " . implode("\n", $output));
    }
    $server = [...plain_php(), __DIR__ . '/../../include/slow_dns_server.php', '127.0.0.1:53', '40'];
    $process = proc_open($server, [['pipe', 'r'], ['pipe', 'w']], $pipes);
    if (($said = fgets($pipes[1])) !== "up\n") {
        throw new \RuntimeException("the name server did not start: $said");
    }
    return [$process, $pipes];
}
