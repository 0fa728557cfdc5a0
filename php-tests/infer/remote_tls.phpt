--TEST--
Remote: TLS is verified over gRPC and HTTP
--EXTENSIONS--
openssl
--SKIPIF--
<?php require __DIR__ . '/../include/kserve.inc'; Tusk\Tests\skip_without_kserve_server(); ?>
--FILE--
<?php
require __DIR__ . '/../include/kserve.inc';
require __DIR__ . '/../include/tls.inc';
use Tusk\Infer\Remote;
use Tusk\Tests\KserveServer;
use function Tusk\Tests\{ask, tls_authority};
$files = tls_authority();
$server = KserveServer::start('--tls', $files['server']);
$url = fn ($way, $host = 'localhost') => $way === 'grpc' ? "grpcs://$host:$server->grpc/add" : "https://$host:$server->http/v2/models/add";
$run = fn (Remote $model) => $model->run(['a' => [[1]], 'b' => [[2]]])['sum']->toArray();
ask($server, 'trusted', fn ($way) => $run(new Remote($url($way), ['tls' => ['ca' => $files['ca']]])));
ask($server, 'by its address', fn ($way) => $run(new Remote($url($way, '127.0.0.1'), ['tls' => ['ca' => $files['ca']]])));
$refused = function (array $options) use ($run, $url): callable {
    return function ($way) use ($run, $url, $options) {
        try {
            return $run(new Remote($url($way), $options));
        } catch (Tusk\ConnectionException $failure) {
            return preg_match('/UnknownIssuer|not valid for name|system/', $failure->getMessage(), $why) ? $why[0] : $failure->getMessage();
        }
    };
};
ask($server, 'another name', $refused(['tls' => ['ca' => $files['ca'], 'name' => 'example.org']]));
ask($server, 'another authority', $refused(['tls' => ['ca' => $files['client']]]));
$plain = fn ($way) => $server->model($way, 'add', ['connectTimeout' => 20.0]);
foreach (['grpc', 'http'] as $way) {
    try { $run($plain($way)); echo "plain text\n"; } catch (Tusk\Failure) { echo "no plain text\n"; }
}
?>
--EXPECT--
trusted, grpc: [[3]]
trusted, http: [[3]]
by its address, grpc: [[3]]
by its address, http: [[3]]
another name, grpc: "not valid for name"
another name, http: "not valid for name"
another authority, grpc: "UnknownIssuer"
another authority, http: "UnknownIssuer"
no plain text
no plain text
