--TEST--
A stream of a wrapper written in PHP is closed, read and written by others while one of its methods waits
--FILE--
<?php
/** Every method waits for somebody to say that it may return. */
final class Slow
{
    public static Tusk\Channel $entered;
    public static Tusk\Channel $may;
    public static int $inside = 0;
    public $context;

    private function waits(string $method): void
    {
        if (self::$inside++) {
            echo "(two methods at once) ";
        }
        self::$entered->send($method);
        try {
            self::$may->receive();
        } finally {
            self::$inside--;
        }
    }

    public function stream_open(): bool { return true; }
    public function stream_read(int $length): string { $this->waits('stream_read'); return str_repeat("line\n", 1600); }
    public function stream_write(string $data): int { $this->waits('stream_write'); return strlen($data); }
    public function stream_eof(): bool { return false; }
    public function stream_stat(): array { $this->waits('stream_stat'); return ['size' => 7]; }
    public function stream_flush(): bool { $this->waits('stream_flush'); return true; }
    public function stream_seek(): bool { $this->waits('stream_seek'); return true; }
    public function stream_tell(): int { return 0; }
    public function stream_lock(): bool { $this->waits('stream_lock'); return true; }
    public function stream_close(): void { echo 'stream_close '; }
    public function dir_opendir(): bool { return true; }
    public function dir_readdir(): string { $this->waits('dir_readdir'); return 'name'; }
    public function dir_rewinddir(): bool { $this->waits('dir_rewinddir'); return true; }
    public function dir_closedir(): bool { echo 'dir_closedir '; return true; }
}
stream_wrapper_register('slow', Slow::class);
function afresh(): void
{
    Slow::$entered = new Tusk\Channel(8);
    Slow::$may = new Tusk\Channel(8);
}
afresh();

/** One stands in a method when the other closes. fclose() flushes, which waits too; closedir() takes the resource first. */
function closed_meanwhile(string $what, $stream, callable $call, callable $close): void
{
    $user = Tusk\go(static fn() => $call($stream));
    Slow::$entered->receive();
    $closer = Tusk\go(static fn() => $close($stream));
    Tusk\sleep(0);
    echo "$what: ", is_resource($stream) ? 'open ' : 'no longer to be used ';
    for ($i = 0; $i < 6; $i++) {
        Slow::$may->send(true);
    }
    $result = $user->join();
    $closer->join();
    echo is_resource($stream) ? 'open ' : 'closed ', json_encode(is_array($result) ? $result['size'] : $result), "\n";
    afresh();
}

closed_meanwhile('fread', fopen('slow://x', 'r+'), static fn($s) => fread($s, 5), fclose(...));
closed_meanwhile('fgets', fopen('slow://x', 'r+'), static fn($s) => fgets($s), fclose(...));
closed_meanwhile('fwrite', fopen('slow://x', 'r+'), static fn($s) => fwrite($s, 'abc'), fclose(...));
closed_meanwhile('fstat', fopen('slow://x', 'r+'), static fn($s) => fstat($s), fclose(...));
closed_meanwhile('flock', fopen('slow://x', 'r+'), static fn($s) => flock($s, LOCK_EX), fclose(...));
closed_meanwhile('fseek', fopen('slow://x', 'r+'), static fn($s) => fseek($s, 100000), fclose(...));
closed_meanwhile('readdir', opendir('slow://x'), static fn($s) => readdir($s), closedir(...));
closed_meanwhile('rewinddir', opendir('slow://x'), static fn($s) => rewinddir($s), closedir(...));

// Many read one: its method is called for one at a time, and every byte is somebody's.
$stream = fopen('slow://x', 'r');
$readers = [];
for ($i = 0; $i < 4; $i++) {
    $readers[] = Tusk\go(static function () use ($stream): int {
        for ($lines = 0; $lines < 3000; $lines++) {
            if (fgets($stream) !== "line\n") {
                echo "a line is wrong\n";
            }
        }
        return $lines;
    });
}
$feeder = Tusk\go(static function (): void {
    for (;;) {
        Slow::$entered->receive();
        Slow::$may->send(true);
    }
});
echo array_sum(array_map(static fn($reader) => $reader->join(), $readers)), " lines\n";
fclose($stream);
$feeder->cancel();
echo "\n";
afresh();

// Who is cancelled while it waits to close leaves it open.
$stream = fopen('slow://x', 'r');
$reader = Tusk\go(static fn() => fread($stream, 5));
Slow::$entered->receive();
$closer = Tusk\go(static function () use ($stream): void {
    try {
        fclose($stream);
    } catch (Tusk\CancelledException) {
        echo 'cancelled ';
    }
});
Tusk\sleep(0);
$closer->cancel();
try {
    $closer->join();
} catch (Tusk\CancelledException) {
}
Slow::$may->send(true);
echo json_encode($reader->join()), is_resource($stream) ? ' open ' : ' closed ', json_encode(fread($stream, 4)), "\n";
Slow::$may->send(true);
fclose($stream);
echo "\n";

// The script ends while one is in a method.
$last = fopen('slow://x', 'r');
Tusk\go(static fn() => fread($last, 5));
Slow::$entered->receive();
echo "end\n";
?>
--EXPECT--
fread: open stream_close closed "line\n"
fgets: open stream_close closed "line\n"
fwrite: open stream_close closed 3
fstat: open stream_close closed 7
flock: open stream_close closed true
fseek: open stream_close closed 0
readdir: no longer to be used dir_closedir closed "name"
rewinddir: no longer to be used dir_closedir closed null
12000 lines
stream_close 
cancelled "line\n" open "line"
stream_close 
end
stream_close