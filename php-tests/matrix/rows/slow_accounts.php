<?php
/** The name service, whose files are on a mount where every call takes 15 ms: so a directory server keeps its callers waiting. */

declare(strict_types=1);

namespace Tusk\Tests\Matrix;

require_once __DIR__ . '/../harness/slow_mount.php';

/** The row's process has an /etc of its own, and is root in it. */
function account_row(string $call, \Closure $run): Row
{
    return new Row(
        $call, 'interposition', $run, waits: 0.014, setup: slow_accounts(...), teardown: static fn (\Closure $end) => $end(),
        needs: [...SLOW_NEEDS, 'privilege:namespaces'], under: ['unshare', '--map-root-user', '--mount'],
    );
}

function slow_accounts(string $folder): \Closure
{
    $end = mount_slowly($folder);
    file_put_contents("$folder/nsswitch.conf", "passwd: files\ngroup: files\nservices: files\nprotocols: files\n");
    file_put_contents("$folder/slow/passwd", "root:x:0:0:root:/:/bin/sh\ntusker:x:4242:4243:A Tusker,,,:/herd:/bin/sh\n");
    file_put_contents("$folder/slow/group", "root:x:0:\nherd:x:4243:tusker,root\n");
    file_put_contents("$folder/slow/services", "trumpet 4244/tcp horn\n");
    file_put_contents("$folder/slow/protocols", "tcp 6 TCP\nherding 251 HERDING\n");
    $files = ['nsswitch.conf' => "$folder/nsswitch.conf"];
    foreach (['passwd', 'group', 'services', 'protocols'] as $name) {
        $files[$name] = "$folder/slow/$name";
    }
    foreach ($files as $name => $file) {
        file_exists("/etc/$name") || throw new \RuntimeException("there is no /etc/$name");
        exec('mount --bind ' . escapeshellarg($file) . " /etc/$name 2>&1", $output, $status);
        $status === 0 || throw new \RuntimeException("mount --bind on /etc/$name: " . implode("\n", $output));
    }
    return static function () use ($end, $files): void {
        foreach (array_keys($files) as $name) {
            exec("umount /etc/$name");
        }
        $end();
    };
}

return [
    account_row('slow: posix_getpwnam, posix_getpwuid', static fn (): array => [posix_getpwnam('tusker'), posix_getpwuid(4242), posix_getpwnam('nobody-of-that-name'), posix_get_last_error(), posix_getpwuid(77777)]),
    account_row('slow: posix_getgrnam, posix_getgrgid', static fn (): array => [posix_getgrnam('herd'), posix_getgrgid(4243), posix_getgrnam('no-such-group'), posix_get_last_error(), posix_getgrgid(77777)]),
    account_row('slow: getservbyname, getservbyport', static fn (): array => [getservbyname('trumpet', 'tcp'), getservbyname('horn', 'tcp'), getservbyname('trumpet', 'udp'), getservbyport(4244, 'tcp'), getservbyport(4245, 'tcp')]),
    account_row('slow: getprotobyname, getprotobynumber', static fn (): array => [getprotobyname('herding'), getprotobyname('tcp'), getprotobyname('none'), getprotobynumber(251), getprotobynumber(252)]),
    account_row('slow: chown, chgrp with a name', static function (): array {
        touch('owned');
        return [@chown('owned', 'nobody-of-that-name'), error_get_last()['message'] ?? '', @chgrp('owned', 'no-such-group'), chown('owned', 'root'), chgrp('owned', 'root')];
    }),
];
