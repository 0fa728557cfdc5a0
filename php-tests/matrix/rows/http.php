<?php
/**
 * ext/curl, the http, https and ftp wrappers, ext/ftp, SoapClient. $TUSK_HTTP is the address
 * of php-tests/include/http_server.php, $TUSK_HTTPS that of a TLS server in front of it,
 * $TUSK_FTP the port of ftp_server.php.
 */

declare(strict_types=1);

namespace Tusk\Tests\Matrix;

$url = (string) getenv('TUSK_HTTP');
$named = str_replace('127.0.0.1', 'localhost', $url);
$tls = (string) getenv('TUSK_HTTPS');
$authority = (string) getenv('TUSK_AUTHORITY');
$ftp = (int) getenv('TUSK_FTP');
$isCurl = ['extension:curl', 'env:TUSK_HTTP'];

/** Numbers in messages of curl are times and ports. */
$curl = static function (string $url, array $options = []): array {
    $handle = curl_init($url);
    curl_setopt_array($handle, $options + [CURLOPT_RETURNTRANSFER => true]);
    $body = curl_exec($handle);
    return [$body, curl_errno($handle), preg_replace('/\d+/', 'N', curl_error($handle)), curl_getinfo($handle, CURLINFO_RESPONSE_CODE)];
};
$multi = static function (array $urls, \Closure $wait): array {
    $multi = curl_multi_init();
    foreach ($urls as $url) {
        $handles[] = $handle = curl_init($url);
        curl_setopt($handle, CURLOPT_RETURNTRANSFER, true);
        curl_multi_add_handle($multi, $handle);
    }
    do {
        $status = curl_multi_exec($multi, $running);
        $running && $wait($multi);
    } while ($running && $status === CURLM_OK);
    return array_map('curl_multi_getcontent', $handles);
};
$insecure = static fn (): mixed => stream_context_create(['ssl' => ['cafile' => (string) getenv('TUSK_AUTHORITY')]]);
$context = static fn (array $http): mixed => stream_context_create(['http' => $http]);
$isHttp = ['env:TUSK_HTTP'];
$isTls = ['env:TUSK_HTTPS', 'extension:openssl'];
$isFtp = ['env:TUSK_FTP'];
$logged = static function () use ($ftp): mixed {
    $connection = ftp_connect('127.0.0.1', $ftp, 5);
    ftp_login($connection, 'user', 'word');
    ftp_pasv($connection, true);
    return $connection;
};

return [
    new Row('curl_exec', 'interposition', static fn (): mixed => $curl("$url/delay?ms=80"), waits: 0.08, needs: $isCurl),
    new Row('curl_exec, by name', 'interposition', static fn (): mixed => $curl("$named/delay?ms=80"), waits: 0.08, needs: $isCurl),
    new Row('curl_exec, POST', 'interposition', static fn (): mixed => $curl("$url/delay?ms=80", [CURLOPT_POSTFIELDS => 'a=b']), waits: 0.08, needs: $isCurl),
    new Row('curl_exec, its timeout', 'interposition', static fn (): mixed => $curl("$url/delay?ms=3000", [CURLOPT_TIMEOUT_MS => 80]), waits: 0.07, needs: $isCurl),
    new Row('curl_exec, a refused connection', 'interposition', static fn (): mixed => $curl('http://127.0.0.1:1/'), needs: $isCurl),
    new Row('curl_exec, a name that does not exist', 'interposition', static fn (): mixed => $curl('http://no.such.host.invalid/'), needs: $isCurl),
    new Row('curl_exec, a server that hangs up', 'interposition', static fn (): mixed => $curl("$url/drop"), needs: $isCurl),
    new Row('curl_exec, a slow body', 'interposition', static fn (): mixed => $curl("$url/drip?n=4&ms=20"), waits: 0.06, needs: $isCurl),
    new Row('curl_exec, a large body', 'interposition', static fn (): mixed => $curl("$url/bytes?n=20000000"), needs: $isCurl),
    new Row('curl_exec, into a file', 'interposition', static function () use ($url): array {
        $handle = curl_init("$url/bytes?n=100000");
        curl_setopt($handle, CURLOPT_FILE, $file = fopen('body', 'w+'));
        return [curl_exec($handle), fseek($file, 0), strlen(stream_get_contents($file))];
    }, needs: $isCurl),
    new Row('curl_exec, https', 'interposition', static fn (): mixed => $curl("$tls/delay?ms=80", [CURLOPT_CAINFO => $authority]), waits: 0.08, needs: [...$isCurl, ...$isTls]),
    new Row('curl_exec, one handle three times', 'interposition', static function () use ($url): array {
        $handle = curl_init("$url/delay?ms=30");
        curl_setopt($handle, CURLOPT_RETURNTRANSFER, true);
        return [curl_exec($handle), curl_exec($handle), curl_exec($handle), curl_getinfo($handle, CURLINFO_NUM_CONNECTS)];
    }, waits: 0.08, needs: $isCurl),
    new Row('curl_multi_exec, curl_multi_select', 'interposition', static fn (): mixed => $multi(["$url/delay?ms=80", "$url/delay?ms=60", "$url/bytes?n=5"],
        static fn ($multi): int => curl_multi_select($multi, 1.0)), waits: 0.08, needs: $isCurl),
    new Row('curl_multi_exec, usleep', 'interposition', static fn (): mixed => $multi(["$url/delay?ms=80", "$named/delay?ms=60"],
        static fn (): mixed => usleep(1000)), waits: 0.08, needs: $isCurl),
    new Row('curl_upkeep', 'interposition', static fn (): mixed => PHP_VERSION_ID < 80200 ?: curl_upkeep(curl_init($url)), needs: $isCurl),

    new Row('file_get_contents(http://)', 'stream', static fn (): mixed => file_get_contents("$url/delay?ms=80"), waits: 0.08, needs: $isHttp),
    new Row('file_get_contents(http://), by name', 'stream', static fn (): mixed => file_get_contents("$named/delay?ms=80"), waits: 0.08, needs: $isHttp),
    new Row('file_get_contents(http://), its timeout', 'stream', static fn (): mixed => file_get_contents("$url/delay?ms=3000", false, $context(['timeout' => 0.08])), waits: 0.07, needs: $isHttp),
    new Row('file_get_contents(http://), refused', 'stream', static fn (): mixed => file_get_contents('http://127.0.0.1:1/'), needs: $isHttp),
    new Row('file_get_contents(http://), POST', 'stream', static fn (): mixed => file_get_contents("$url/delay?ms=80", false,
        $context(['method' => 'POST', 'content' => 'a=b', 'header' => 'Content-Type: application/x-www-form-urlencoded'])), waits: 0.08, needs: $isHttp),
    new Row('fopen(http://), fgets', 'stream', static function () use ($url): array {
        $file = fopen("$url/drip?n=4&ms=20", 'r');
        return [fgets($file), stream_get_contents($file), feof($file)];
    }, waits: 0.06, needs: $isHttp),
    new Row('copy(http://)', 'stream', static fn (): mixed => [copy("$url/delay?ms=80", 'copied'), file_get_contents('copied')], waits: 0.08, needs: $isHttp),
    new Row('get_headers', 'stream', static fn (): mixed => get_headers("$url/delay?ms=80")[0], waits: 0.08, needs: $isHttp),
    new Row('file_get_contents(https://)', 'stream', static fn (): mixed => file_get_contents("$tls/delay?ms=80", false, $insecure()), waits: 0.08, needs: $isTls),
    new Row('file_get_contents(https://), a certificate of another name', 'stream', static fn (): mixed => file_get_contents("$tls/delay?ms=80", false,
        stream_context_create(['ssl' => ['cafile' => $authority, 'peer_name' => 'other.example']])), needs: $isTls),
    new Row('simplexml_load_file(http://)', 'stream', static fn (): mixed => simplexml_load_file("$url/delay?ms=80"), waits: 0.08, needs: [...$isHttp, 'extension:simplexml']),
    new Row('getimagesize(http://)', 'stream', static fn (): mixed => getimagesize("$url/delay?ms=80"), waits: 0.08, needs: $isHttp),

    new Row('SoapClient', 'stream', static fn (): mixed => (new \SoapClient(null, ['location' => "$url/delay?ms=80", 'uri' => 'urn:x']))->call(1),
        waits: 0.08, needs: [...$isHttp, 'extension:soap'], remark: 'the answer is no SOAP message, in both'),
    new Row('SoapClient, its WSDL', 'stream', static fn (): mixed => new \SoapClient("$url/delay?ms=80", ['cache_wsdl' => WSDL_CACHE_NONE]),
        waits: 0.08, needs: [...$isHttp, 'extension:soap']),
    new Row('SoapClient::__doRequest', 'stream', static fn (): mixed => (new \SoapClient(null, ['location' => $url, 'uri' => 'urn:x']))
        ->__doRequest('<x/>', "$url/delay?ms=80", 'urn:x', SOAP_1_1), waits: 0.08, needs: [...$isHttp, 'extension:soap']),

    new Row('curl_exec, ftp://', 'interposition', static function () use ($ftp): mixed {
        curl_setopt_array($curl = curl_init("ftp://user:word@127.0.0.1:$ftp/file"), [CURLOPT_RETURNTRANSFER => true, CURLOPT_TIMEOUT => 10]);
        return [curl_exec($curl), curl_errno($curl)];
    }, waits: 0.08, needs: [...$isFtp, 'extension:curl']),
    new Row('file_get_contents(ftp://)', 'stream', static fn (): mixed => file_get_contents("ftp://user:word@127.0.0.1:$ftp/file"), waits: 0.08, needs: $isFtp),
    new Row('file_put_contents(ftp://)', 'stream', static fn (): mixed => file_put_contents("ftp://user:word@127.0.0.1:$ftp/new", 'text'), waits: 0.08, needs: $isFtp),
    new Row('ftp_connect, ftp_login, ftp_get', 'interposition', static fn (): mixed => [ftp_get($logged(), 'got', 'file'), file_get_contents('got')],
        waits: 0.08, needs: [...$isFtp, 'extension:ftp']),
    new Row('ftp_nlist, ftp_put, ftp_size', 'interposition', static function () use ($logged): array {
        file_put_contents('here', 'text');
        $connection = $logged();
        return [ftp_nlist($connection, '.'), ftp_put($connection, 'there', 'here'), ftp_size($connection, 'file'), ftp_close($connection)];
    }, waits: 0.08, needs: [...$isFtp, 'extension:ftp']),
];
