--TEST--
One FTP connection, many coroutines: answers go to who asked, also of a transfer in pieces; closed and cancelled inside
--EXTENSIONS--
ftp
--FILE--
<?php
require __DIR__ . '/../include/process.inc';
require __DIR__ . '/../include/parallel.inc';
use Tusk\Tests\Process;
use function Tusk\go;
use function Tusk\Tests\each_of;

ini_set('error_log', '/dev/null');
$port = Tusk\Tests\free_port();
Process::start([...Tusk\Tests\plain_php(), '-n', __DIR__ . '/../include/ftp_server.php', (string) $port])->waitForPort($port);
$folder = Tusk\Tests\temporary_folder();
$connect = static function () use ($port): FTP\Connection {
    $ftp = ftp_connect('127.0.0.1', $port, 20);
    ftp_login($ftp, 'a', 'b');
    ftp_pasv($ftp, true);
    return $ftp;
};

$ftp = $connect();
echo json_encode(each_of(6, static fn (int $i): mixed => match ($i % 3) {
    0 => ftp_nlist($ftp, '.'),
    1 => ftp_size($ftp, 'file'),
    2 => ftp_get($ftp, "$folder/got$i", 'file') ? file_get_contents("$folder/got$i") : false,
})), "\n";

// A transfer in pieces is its coroutine's until it ends, also one that was begun before the others came.
$pieces = static function (int $state) use ($ftp): int {
    while ($state === FTP_MOREDATA) {
        Tusk\sleep(0);
        $state = ftp_nb_continue($ftp);
    }
    return $state;
};
$begun = ftp_nb_get($ftp, "$folder/pieces", 'file');
$size = go(static fn (): int => ftp_size($ftp, 'file'));
var_dump($pieces($begun) === FTP_FINISHED, $size->join(), file_get_contents("$folder/pieces"));
echo json_encode(each_of(2, static fn (int $i): mixed
    => $pieces(ftp_nb_get($ftp, "$folder/piece$i", 'file')) === FTP_FINISHED ? file_get_contents("$folder/piece$i") : false)), "\n";

// Closed while another is in a transfer: after it.
$get = go(static fn (): bool => ftp_get($ftp, "$folder/last", 'file'));
Tusk\sleep(0);
$close = go(static fn (): bool => ftp_close($ftp));
var_dump($get->join(), $close->join(), file_get_contents("$folder/last"));
try {
    ftp_size($ftp, 'file');
} catch (Error $e) {
    echo $e->getMessage(), "\n";
}

// Cancelled in a transfer: the connection is broken, and its answers are not taken for the next one's.
$ftp = $connect();
$get = go(static fn (): bool => ftp_get($ftp, "$folder/cancelled", 'file'));
$next = go(static fn (): array => [@ftp_size($ftp, 'file'), @ftp_size($ftp, 'file')]);
Tusk\sleep(0);
$get->cancel();
try {
    $get->join();
} catch (Tusk\CancelledException) {
    echo "cancelled\n";
}
echo 'next: ', json_encode($next->join()), "\n";
?>
--EXPECT--
[["file"],8,"contents",["file"],8,"contents"]
bool(true)
int(8)
string(8) "contents"
["contents","contents"]
bool(true)
bool(true)
string(8) "contents"
FTP\Connection is already closed
cancelled
next: [-1,-1]
