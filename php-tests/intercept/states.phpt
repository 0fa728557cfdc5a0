--TEST--
Waits inside libraries end in every way: cancel, close by another, deadline, the end of the script, fork, destructors
--EXTENSIONS--
sockets
ffi
pcntl
posix
--INI--
ffi.enable=1
--FILE--
<?php
require __DIR__ . '/../include/parallel.inc';
use function Tusk\Tests\overlap;

function pair(): array
{
    socket_create_pair(AF_UNIX, SOCK_STREAM, 0, $pair);
    return $pair;
}
/** Starts `$waits` in a coroutine, lets it wait, does `$then`, and says how it ended. */
function ends(string $name, callable $waits, callable $then): void
{
    Tusk\run(function () use ($name, $waits, $then) {
        $task = Tusk\go(function () use ($waits) {
            $result = 'nothing';
            try {
                return $result = $waits();
            } finally {
                echo json_encode($result), ' ';
            }
        });
        Tusk\sleep(0.002);
        $then($task);
        echo "$name: ";
        try {
            echo json_encode($task->join()), "\n";
        } catch (Throwable $e) {
            echo get_class($e), "\n";
        }
    });
}
$cancel = fn(Tusk\Coroutine $task) => $task->cancel();

foreach (['socket_read' => fn($p) => @socket_read($p[0], 10), 'socket_recv' => fn($p) => @socket_recv($p[0], $data, 10, 0),
    'socket_write' => fn($p) => @socket_write($p[0], str_repeat('x', 4 << 20)) > 0,
    'socket_select' => function ($p) {
        [$read, $none] = [[$p[0]], null];
        return @socket_select($read, $none, $none, 5);
    }] as $name => $call) {
    $p = pair();
    ends("$name, cancelled", fn() => $call($p), $cancel);
    // What PHP itself waits in is not broken by that: the other end can go on.
    @socket_write($p[1], 'still');
}
$p = pair();
ends('socket_read, closed by another', fn() => [@socket_read($p[0], 10), socket_strerror(socket_last_error())], fn() => socket_close($p[0]));
$p = pair();
ends('socket_read, the other end is closed', fn() => socket_read($p[0], 10), fn() => socket_close($p[1]));
$p = pair();
ends('a deadline', function () use ($p) {
    try {
        Tusk\timeout(0.005, fn() => @socket_read($p[0], 10));
    } catch (Tusk\TimeoutException $e) {
        return get_class($e);
    }
}, fn() => null);

// A cancel is sticky: the next wait fails at once.
$p = pair();
ends('sticky', function () use ($p) {
    try {
        @socket_read($p[0], 10);
    } catch (Tusk\CancelledException) {
    }
    return @socket_read($p[0], 10);
}, $cancel);

// A cancelled sleep is not repeated for ever by code that repeats interrupted ones.
$libc = FFI::cdef('int usleep(unsigned); int close(int); int getpid(void);', 'libc.so.6');
ends('FFI usleep, cancelled', fn() => $libc->usleep(10_000_000), $cancel);

// The child of a fork makes plain calls until it has coroutines of its own.
$p = pair();
Tusk\run(function () use ($p, $libc) {
    Tusk\go(fn() => Tusk\sleep(0.01));
    $pid = pcntl_fork();
    if ($pid === 0) {
        $libc->usleep(1000);
        overlap('in the child', fn() => $libc->usleep(2000));
        socket_write($p[0], 'from the child');
        exit(0);
    }
    $got = socket_read($p[1], 100);
    echo "in the parent: $got\n";
    pcntl_waitpid($pid, $status);
});

// Where nothing may switch, the call is plain and gives its result.
class Last
{
    public function __construct(private FFI $libc)
    {
    }
    public function __destruct()
    {
        echo 'destructor: ', $this->libc->usleep(1000), "\n";
    }
}
Tusk\run(function () use ($libc) {
    Tusk\go(fn() => Tusk\sleep(0.001));
    $last = new Last($libc);
    unset($last);
});

// The script ends while one waits.
$p = pair();
Tusk\go(function () use ($p) {
    try {
        @socket_read($p[0], 10);
    } finally {
        echo "finally\n";
    }
});
Tusk\sleep(0.001);
exit;
?>
--EXPECT--
socket_read, cancelled: "nothing" Tusk\CancelledException
socket_recv, cancelled: "nothing" Tusk\CancelledException
socket_write, cancelled: "nothing" Tusk\CancelledException
socket_select, cancelled: "nothing" Tusk\CancelledException
socket_read, closed by another: [false,"Bad file descriptor"] [false,"Bad file descriptor"]
socket_read, the other end is closed: "" ""
a deadline: "Tusk\\TimeoutException" "Tusk\\TimeoutException"
sticky: "nothing" Tusk\CancelledException
FFI usleep, cancelled: "nothing" Tusk\CancelledException
in the child: before other after, 0
in the parent: from the child
destructor: 0
finally
