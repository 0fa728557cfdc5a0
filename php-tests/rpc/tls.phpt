--TEST--
Goridge over TLS: verified against the authorities that are named, with a certificate of one's own
--SKIPIF--
<?php
require __DIR__ . '/../include/goridge.inc';
Tusk\Tests\skip_without_goridge_server();
extension_loaded('openssl') || exit('skip needs the extension openssl');
?>
--FILE--
<?php
require __DIR__ . '/../include/goridge.inc';
require __DIR__ . '/../include/tls.inc';
use Tusk\Rpc\Goridge;
use Tusk\Tests\Process;
use function Tusk\Tests\failure_of;

Tusk\Tests\goridge_server(['--shuffle'], $server, $plain);
$files = Tusk\Tests\tls_authority();
$proxy = static function (string ...$arguments) use ($plain): int {
    $port = Tusk\Tests\free_port();
    Process::start([...Tusk\Tests\plain_php(), __DIR__ . '/../include/tls_proxy.php', (string) $port, (string) $plain, ...$arguments])->waitForPort($port);
    return $port;
};
$port = $proxy($files['server']);
$trust = ['tls_ca_file' => $files['ca']];

$rpc = Goridge::connect("tls://localhost:$port", options: $trust);
var_dump($rpc->call('Test.Echo', ['secret' => 1]));
$big = str_repeat('0123456789', 200_000);
var_dump($rpc->call('Test.Echo', $big) === $big);
$wrong = 0;
$all = [];
for ($i = 0; $i < 100; $i++) {
    $all[] = Tusk\go(function () use ($rpc, $i, &$wrong): void {
        for ($call = 0; $call < 20; $call++) {
            $wrong += $rpc->call('Test.Echo', [$i, $call], 20) !== [$i, $call];
        }
    });
}
array_map(fn ($coroutine) => $coroutine->join(), $all);
var_dump($wrong, $rpc->stats()['connects']);
echo failure_of(fn () => $rpc->call('Test.Hangup')), "\n";
var_dump($rpc->call('Test.Echo', 'again'));
var_dump(Goridge::connect("tls://127.0.0.1:$port", options: $trust)->call('Test.Echo', 'by address'));

echo "not trusted\n";
echo failure_of(fn () => Goridge::connect("tls://localhost:$port")), "\n";
echo failure_of(fn () => Goridge::connect("tls://localhost:$port", options: $trust + ['tls_server_name' => 'other.example'])), "\n";
echo failure_of(fn () => Goridge::connect("tls://127.0.0.1:$plain", options: $trust + ['connect_timeout' => 0.1])), "\n";
echo failure_of(fn () => Goridge::connect("tls://localhost:$port", options: ['tls_ca_file' => '/nowhere'])), "\n";
echo failure_of(fn () => Goridge::connect("tls://localhost:$port", options: ['tls_cert_file' => $files['client']])), "\n";

echo "both sides verify\n";
$mutual = $proxy($files['server'], $files['ca']);
$own = ['tls_cert_file' => $files['client'], 'tls_key_file' => $files['client_key']];
var_dump(Goridge::connect("tls://localhost:$mutual", options: $trust + $own)->call('Test.Echo', 'known'));
echo strtok(failure_of(fn () => Goridge::connect("tls://localhost:$mutual", options: $trust)->call('Test.Echo')), ' '), "\n";
?>
--EXPECTF--
array(1) {
  ["secret"]=>
  int(1)
}
bool(true)
int(0)
int(1)
Tusk\ConnectionException: cannot finish the call: tls://localhost:%d: %s
string(5) "again"
string(10) "by address"
not trusted
Tusk\ConnectionException: cannot agree on TLS: invalid peer certificate: UnknownIssuer; is the authority known here? tls_ca_file names a file of authorities
Tusk\ConnectionException: cannot agree on TLS: invalid peer certificate: certificate not valid for name "other.example"; %stls_server_name says which name the certificate has
Tusk\ConnectionException: cannot %s
Tusk\MisuseError: cannot set up TLS: tls_ca_file: /nowhere: %s
Tusk\MisuseError: tls_cert_file and tls_key_file belong together: give both or none
both sides verify
string(5) "known"
Tusk\ConnectionException:
