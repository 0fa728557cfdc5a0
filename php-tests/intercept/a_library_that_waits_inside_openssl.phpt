--TEST--
libmariadb with TLS waits inside OpenSSL: it suspends where the setting names libcrypto
--DESCRIPTION--
By itself such a wait blocks. Who waits for a lock here would then wait for itself, until the server gives up.
--SKIPIF--
<?php
require __DIR__ . '/../include/odbc.inc';
extension_loaded('openssl') || exit('skip needs ext/openssl');
extension_loaded('pdo_odbc') || exit('skip needs ext/pdo_odbc');
has_odbc_driver('MariaDB Unicode') || exit('skip needs an ODBC driver for MariaDB (package odbc-mariadb)');
Mariadb::skip('pdo_mysql');
?>
--INI--
tusk.intercept="auto, libcrypto"
--FILE--
<?php
require __DIR__ . '/../include/odbc.inc';
require __DIR__ . '/../include/tls.inc';
$pem = Tusk\Tests\tls_certificate();
chmod($pem, 0644);
chmod(dirname($pem), 0755);
$server = Mariadb::start("--ssl-cert=$pem", "--ssl-key=$pem");
$open = static fn (): PDO => new PDO("odbc:Driver={MariaDB Unicode};Server=127.0.0.1;Port=$server->port;Uid=root;FORCETLS=1;SSLVERIFY=0", options: [PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION]);
$one = static fn (PDO $db, string $sql): mixed => $db->query($sql)->fetchColumn();

$holder = $open();
echo $holder->query("show status like 'Ssl_cipher'")->fetch(PDO::FETCH_NUM)[1] === '' ? "no TLS\n" : "TLS\n";
echo $one($holder, "select get_lock('l', 5)"), "\n";

$waiters = [];
for ($n = 0; $n < 4; $n++) {
    $waiters[] = Tusk\go(static function () use ($open, $one): string {
        $db = $open();
        $got = $one($db, "select get_lock('l', 30)") . $one($db, "select release_lock('l')");
        return $got . strlen($one($db, "select repeat('x', 100000)"));
    });
}
// Handshakes of others fail meanwhile: OpenSSL keeps its errors by thread.
$broken = Tusk\go(static function () use ($server): bool {
    for ($n = 0; $n < 5; $n++) {
        @stream_socket_client("tls://127.0.0.1:$server->port", $code, $message, 5);
    }
    return true;
});
// All wait in the server for the lock. The test goes on, so they hold nobody up.
do {
    Tusk\sleep(0.005);
    $waiting = $one($holder, "select count(*) from information_schema.processlist where state = 'User lock'");
} while ($waiting < 4);
$broken->join();

// One is given up inside OpenSSL.
$waiters[0]->cancel();
try {
    $waiters[0]->join();
} catch (Tusk\CancelledException) {
    echo "cancelled\n";
}
echo $one($holder, "select release_lock('l')"), "\n";
foreach ([1, 2, 3] as $n) {
    echo $waiters[$n]->join(), "\n";
}
echo $one($holder, 'select 5'), "\n";
?>
--EXPECT--
TLS
1
cancelled
1
11100000
11100000
11100000
5
