<?php
/**
 * A FUSE file system that takes its time: slow_mount_server.php FOLDER MILLISECONDS.
 *
 * Everything is in memory and every answer comes after the given time; the kernel is told to
 * remember nothing, so each call of a program really asks. It speaks protocol 7.31, as
 * linux/fuse.h has it. fusermount3 mounts it for an unprivileged user and hands over the
 * descriptor. Writes "mounted" when it is; ends when it is unmounted.
 */

declare(strict_types=1);

namespace Tusk\Tests;

const ENOENT = 2, EIO = 5, EEXIST = 17, ENOTDIR = 20, EISDIR = 21, ENOSYS = 38, ENOTEMPTY = 39;

final class SlowMount
{
    /** @var array<int, array{mode: int, data: string, children: array<string, int>, mtime: int}> */
    private array $nodes = [
        1 => ['mode' => 040755, 'data' => '', 'children' => ['a' => 2, 'code.php' => 3, 'deep' => 4, 'pipe' => 6], 'mtime' => 1_000_000_000],
        2 => ['mode' => 0100644, 'data' => "line one\nline two\n", 'children' => [], 'mtime' => 1_000_000_000],
        3 => ['mode' => 0100644, 'data' => '<?php return ["included", __LINE__];', 'children' => [], 'mtime' => 1_000_000_000],
        4 => ['mode' => 040755, 'data' => '', 'children' => ['b' => 5], 'mtime' => 1_000_000_000],
        5 => ['mode' => 0100644, 'data' => 'b', 'children' => [], 'mtime' => 1_000_000_000],
        6 => ['mode' => 010644, 'data' => '', 'children' => [], 'mtime' => 1_000_000_000],
    ];
    private int $last = 6;

    /** @param resource $fuse */
    public function __construct(private $fuse, private readonly int $delayUs)
    {
        stream_set_read_buffer($fuse, 0);
    }

    public function run(): void
    {
        while (($request = @fread($this->fuse, 1 << 20)) !== false && $request !== '') {
            $head = unpack('Vlen/Vop/Punique/Pnode', $request);
            $answer = $this->answer($head['op'], $head['node'], substr($request, 40));
            if ($answer === null) {
                continue;
            }
            usleep($this->delayUs);
            [$error, $body] = is_int($answer) ? [-$answer, ''] : [0, $answer];
            @fwrite($this->fuse, pack('VVP', 16 + strlen($body), $error & 0xffffffff, $head['unique']) . $body);
        }
    }

    /** A body, an error number, or null for a request that gets no answer. */
    private function answer(int $op, int $node, string $in): string|int|null
    {
        if (!isset($this->nodes[$node]) && !in_array($op, [2, 26, 36, 42], true)) {
            return ENOENT;
        }
        return match ($op) {
            1 => $this->lookup($node, rtrim($in, "\0")),
            2, 36, 42 => null,
            3 => pack('PVV', 0, 0, 0) . $this->attributes($node),
            4 => $this->setAttributes($node, $in),
            8 => $this->make($node, rtrim(substr($in, 16), "\0"), unpack('V', $in)[1]),
            9 => $this->make($node, rtrim(substr($in, 8), "\0"), 040000 | (unpack('V', $in)[1] & 07777)),
            10 => $this->remove($node, rtrim($in, "\0"), false),
            11 => $this->remove($node, rtrim($in, "\0"), true),
            12 => $this->rename($node, unpack('P', $in)[1], substr($in, 8)),
            45 => $this->rename($node, unpack('P', $in)[1], substr($in, 16)),
            14, 27 => pack('PVV', 0, 0, 0),
            15 => $this->read($this->nodes[$node]['data'], $in),
            16 => $this->write($node, $in),
            17 => pack('P5V4', 1000, 500, 500, 100, 50, 4096, 255, 4096, 0) . str_repeat("\0", 24),
            18, 20, 25, 29, 30, 34 => '',
            26 => pack('VVVVvvVVvvV', 7, 31, 0, 0, 16, 12, 1 << 17, 1, 0, 0, 0) . str_repeat("\0", 28),
            28 => $this->entries($node, $in),
            35 => $this->create($node, $in),
            default => ENOSYS,
        };
    }

    private function attributes(int $node): string
    {
        ['mode' => $mode, 'data' => $data, 'mtime' => $time] = $this->nodes[$node];
        return pack('P6V10', $node, strlen($data), 1, $time, $time, $time, 0, 0, 0, $mode, 1, posix_getuid(), posix_getgid(), 0, 4096, 0);
    }

    private function entry(int $node): string
    {
        return pack('P4V2', $node, 0, 0, 0, 0, 0) . $this->attributes($node);
    }

    private function lookup(int $parent, string $name): string|int
    {
        $node = $this->nodes[$parent]['children'][$name] ?? null;
        return $node === null ? ENOENT : $this->entry($node);
    }

    private function make(int $parent, string $name, int $mode): string|int
    {
        if (isset($this->nodes[$parent]['children'][$name])) {
            return EEXIST;
        }
        $this->nodes[$parent]['children'][$name] = ++$this->last;
        $this->nodes[$this->last] = ['mode' => $mode, 'data' => '', 'children' => [], 'mtime' => 1_000_000_000];
        return $this->entry($this->last);
    }

    private function create(int $parent, string $in): string|int
    {
        $made = $this->make($parent, rtrim(substr($in, 16), "\0"), 0100000 | (unpack('V', $in, 4)[1] & 07777));
        return is_int($made) ? $made : $made . pack('PVV', 0, 0, 0);
    }

    private function remove(int $parent, string $name, bool $folder): string|int
    {
        $node = $this->nodes[$parent]['children'][$name] ?? null;
        if ($node === null) {
            return ENOENT;
        }
        if ($folder !== ($this->nodes[$node]['mode'] >= 040000 && $this->nodes[$node]['mode'] < 0100000)) {
            return $folder ? ENOTDIR : EISDIR;
        }
        if ($this->nodes[$node]['children']) {
            return ENOTEMPTY;
        }
        unset($this->nodes[$parent]['children'][$name]);
        return '';
    }

    private function rename(int $from, int $to, string $names): string|int
    {
        [$old, $new] = explode("\0", $names);
        $node = $this->nodes[$from]['children'][$old] ?? null;
        if ($node === null) {
            return ENOENT;
        }
        unset($this->nodes[$from]['children'][$old]);
        $this->nodes[$to]['children'][$new] = $node;
        return '';
    }

    private function read(string $data, string $in): string
    {
        ['offset' => $offset, 'size' => $size] = unpack('Pfh/Poffset/Vsize', $in);
        return substr($data, $offset, $size);
    }

    private function write(int $node, string $in): string
    {
        ['offset' => $offset, 'size' => $size] = unpack('Pfh/Poffset/Vsize', $in);
        $data = str_pad($this->nodes[$node]['data'], $offset, "\0");
        $this->nodes[$node]['data'] = substr_replace($data, substr($in, 40, $size), $offset, $size);
        return pack('VV', $size, 0);
    }

    private function setAttributes(int $node, string $in): string
    {
        $set = unpack('Vvalid/Vpad/Pfh/Psize/Plock/Patime/Pmtime/Pctime/V3nsec/Vmode', $in);
        if ($set['valid'] & 1) {
            $this->nodes[$node]['mode'] = ($this->nodes[$node]['mode'] & 0170000) | ($set['mode'] & 07777);
        }
        if ($set['valid'] & 8) {
            $this->nodes[$node]['data'] = str_pad(substr($this->nodes[$node]['data'], 0, $set['size']), $set['size'], "\0");
        }
        if ($set['valid'] & 32) {
            $this->nodes[$node]['mtime'] = $set['mtime'];
        }
        return pack('PVV', 0, 0, 0) . $this->attributes($node);
    }

    private function entries(int $node, string $in): string
    {
        ['offset' => $offset, 'size' => $size] = unpack('Pfh/Poffset/Vsize', $in);
        $out = '';
        $number = 0;
        foreach (['.' => $node, '..' => $node] + $this->nodes[$node]['children'] as $name => $child) {
            $name = (string) $name;
            $entry = pack('PPVV', $child, ++$number, strlen($name), $this->nodes[$child]['mode'] >> 12) . $name;
            $entry = str_pad($entry, (strlen($entry) + 7) & ~7, "\0");
            if ($number > $offset && strlen($out) + strlen($entry) <= $size) {
                $out .= $entry;
            }
        }
        return $out;
    }
}

[, $folder, $milliseconds] = $argv;
[$ours, $theirs] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
$mount = proc_open(['fusermount3', '-o', 'fsname=tusk-slow,subtype=tusk', '--', $folder], [3 => $theirs], $pipes, null, ['_FUSE_COMMFD' => '3'] + getenv());
fclose($theirs);
$message = ['controllen' => socket_cmsg_space(SOL_SOCKET, SCM_RIGHTS, 1), 'buffer_size' => 16];
if (proc_close($mount) !== 0 || !socket_recvmsg(socket_import_stream($ours), $message)) {
    fwrite(STDERR, "fusermount3 did not mount\n");
    exit(1);
}
echo "mounted\n";
(new SlowMount($message['control'][0]['data'][0], (int) ($milliseconds * 1000)))->run();
