--TEST--
TLS is verified: authority, name, client certificate; there is no way around
--EXTENSIONS--
openssl
--SKIPIF--
<?php require __DIR__ . '/../include/grpc.inc'; Tusk\Tests\skip_without_grpc_server(); ?>
--FILE--
<?php
require __DIR__ . '/../include/grpc.inc';
use Tusk\Grpc\Channel;
use Tusk\Tests\GrpcServer;
use function Tusk\Tests\failure;

/** A key and a certificate for a name, signed by an authority (its own without one). */
function certificate(string $name, ?array $authority = null): array
{
    $config = tempnam(sys_get_temp_dir(), 'openssl');
    $extensions = $authority === null ? "basicConstraints=critical,CA:TRUE\nkeyUsage=keyCertSign" : "subjectAltName=DNS:$name";
    file_put_contents($config, "[req]\ndistinguished_name=dn\n[dn]\n[ext]\n$extensions\n");
    $options = ['config' => $config, 'digest_alg' => 'sha256', 'x509_extensions' => 'ext'];
    $key = openssl_pkey_new(['private_key_type' => OPENSSL_KEYTYPE_EC, 'curve_name' => 'prime256v1']);
    $request = openssl_csr_new(['commonName' => $name], $key, $options);
    $signed = openssl_csr_sign($request, $authority['x509'] ?? null, $authority['key'] ?? $key, 30, $options, random_int(1, PHP_INT_MAX));
    openssl_x509_export($signed, $pem);
    openssl_pkey_export($key, $keyPem, null, $options);
    return ['x509' => $signed, 'key' => $key, 'pem' => $pem, 'keyPem' => $keyPem];
}
function file_of(string $pem): string
{
    $file = tempnam(sys_get_temp_dir(), 'pem');
    file_put_contents($file, $pem);
    return $file;
}
function call(GrpcServer $server, array|bool $tls): string
{
    $channel = new Channel("localhost:$server->port", ['tls' => $tls]);
    $failed = failure(fn () => print($channel->unary('/tusk.Test/Echo', 'fine ')), true);
    return preg_replace('/^(\S+ \d+).*?TLS failed: ([^;]*).*$/s', '$1 $2', $failed);
}
$authority = certificate('Test Authority');
$other = certificate('Other Authority');
$leaf = certificate('localhost', $authority);
$server = GrpcServer::start('--tls', file_of($leaf['pem']), file_of($leaf['keyPem']));
echo call($server, ['ca' => $authority['pem']]), "\n";
echo call($server, ['ca' => file_of($authority['pem'])]), "\n";
echo call($server, ['ca' => $authority['pem'], 'name' => 'example.org']), "\n";
echo call($server, ['ca' => $other['pem']]), "\n";
echo preg_match('/TLS|UnknownIssuer/', call($server, true)) ? "not by the system's authorities\n" : "trusted\n";
$plain = new Channel("localhost:$server->port");
echo failure(fn () => $plain->unary('/tusk.Test/Echo', '')) === 'nothing was thrown' ? "plain text\n" : "no plain text\n";

$client = certificate('a client', $authority);
$mutual = GrpcServer::start('--tls', file_of($leaf['pem']), file_of($leaf['keyPem']), '--client-ca', file_of($authority['pem']));
echo call($mutual, ['ca' => $authority['pem'], 'certificate' => $client['pem'], 'key' => $client['keyPem']]), "\n";
echo substr(call($mutual, ['ca' => $authority['pem']]), 0, 26), "\n";
$stranger = certificate('a client', $other);
echo substr(call($mutual, ['ca' => $authority['pem'], 'certificate' => $stranger['pem'], 'key' => $stranger['keyPem']]), 0, 26), "\n";
?>
--EXPECT--
fine nothing was thrown
fine nothing was thrown
Tusk\ConnectionException 14 invalid peer certificate: certificate not valid for name "example.org"
Tusk\ConnectionException 14 invalid peer certificate: UnknownIssuer
not by the system's authorities
no plain text
fine nothing was thrown
Tusk\ConnectionException 1
Tusk\ConnectionException 1
