<?php
/** chaos.phpt for as long as is said: php -d extension=…/tusk.so php-tests/pool/faults.php SECONDS */

declare(strict_types=1);

require __DIR__ . '/../include/pool_chaos.inc';

$seconds = (float) ($argv[1] ?? 0);
$seconds > 0 || exit("usage: php-tests/pool/faults.php SECONDS\n");
exit(Tusk\Tests\pool_chaos($seconds, (int) (getenv('TUSK_SEED') ?: random_int(1, 1 << 30)), true) ? 0 : 1);
