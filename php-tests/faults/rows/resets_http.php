<?php
/** The peer resets the connection: after the accept, in the handshake of TLS, at the first byte, amid the body. */

declare(strict_types=1);

namespace Tusk\Tests\Faults;

require_once __DIR__ . '/../harness/faults.php';

$rows = [];
foreach (require __DIR__ . '/../harness/calls.php' as $name => [$port, $call, $needs, $states]) {
    foreach (array_intersect($needs, ['env:TUSK_HTTP', 'env:TUSK_HTTPS']) ? $states : [] as $bytes) {
        $rows[] = through_proxy($name, $call, "127.0.0.1:$port", 'server', $bytes, $needs);
    }
}
return $rows;
