--TEST--
tusk.superglobals: a save handler in PHP code may wait; exit with sessions open
--EXTENSIONS--
session
--INI--
tusk.superglobals=1
session.use_cookies=0
session.cache_limiter=
--FILE--
<?php
final class Store implements SessionHandlerInterface
{
    public array $rows = [];
    public function open(string $path, string $name): bool { Tusk\sleep(0.001); return true; }
    public function close(): bool { return true; }
    public function read(string $id): string { Tusk\sleep(0.001); return $this->rows[$id] ?? ''; }
    public function write(string $id, string $data): bool { Tusk\sleep(0.001); $this->rows[$id] = $data; return true; }
    public function destroy(string $id): bool { return true; }
    public function gc(int $lifetime): int { return 0; }
}
ob_start();
$store = new Store();
session_set_save_handler($store, false);
Tusk\run(static function (): void {
    for ($i = 0; $i < 5; $i++) {
        Tusk\go(static function () use ($i): void {
            for ($round = 0; $round < 3; $round++) {
                session_id("id$i");
                session_start();
                $_SESSION['rounds'] = ($_SESSION['rounds'] ?? 0) + 1;
                Tusk\sleep(0.0005 * $i);
                $round === 2 || session_write_close();
            }
        });
    }
});
ksort($store->rows);
print_r($store->rows);
// What is open when the script ends is not written, as after a fatal error; nothing crashes.
Tusk\go(static function (): void {
    session_id('open');
    session_start();
    $_SESSION['x'] = new stdClass();
    Tusk\sleep(60);
});
Tusk\sleep(0.01);
echo "end\n";
ob_end_flush();
exit;
?>
--EXPECT--
Array
(
    [id0] => rounds|i:3;
    [id1] => rounds|i:3;
    [id2] => rounds|i:3;
    [id3] => rounds|i:3;
    [id4] => rounds|i:3;
)
end
