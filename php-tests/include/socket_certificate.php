<?php
// A self-signed certificate for "localhost", made for one test run.

function certificate_file(): string
{
    $key = openssl_pkey_new(['private_key_type' => OPENSSL_KEYTYPE_EC, 'curve_name' => 'prime256v1']);
    $request = openssl_csr_new(['commonName' => 'localhost'], $key, ['digest_alg' => 'sha256']);
    $certificate = openssl_csr_sign($request, null, $key, 2, ['digest_alg' => 'sha256']);
    openssl_x509_export($certificate, $certificate_text);
    openssl_pkey_export($key, $key_text);
    $file = tempnam(sys_get_temp_dir(), 'tusk-cert-');
    file_put_contents($file, $certificate_text . $key_text);
    register_shutdown_function('unlink', $file);
    return $file;
}

function server_options(string $file): array
{
    return ['ssl' => ['local_cert' => $file, 'verify_peer' => false]];
}

function client_context(string $file)
{
    return stream_context_create(['ssl' => ['cafile' => $file, 'peer_name' => 'localhost', 'allow_self_signed' => true]]);
}
