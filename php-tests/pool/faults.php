<?php
/**
 * chaos.phpt for as long as is said:
 *   php -d extension=…/tusk.so php-tests/pool/faults.php SECONDS [mysql|pgsql|odbc]
 */

declare(strict_types=1);

require __DIR__ . '/../include/pool_chaos.inc';

$seconds = (float) ($argv[1] ?? 0);
$server = $argv[2] ?? 'mysql';
$seconds > 0 && in_array($server, ['mysql', 'pgsql', 'odbc'], true) || exit("usage: php-tests/pool/faults.php SECONDS [mysql|pgsql|odbc]\n");
exit(Tusk\Tests\pool_chaos($server, $seconds, (int) (getenv('TUSK_SEED') ?: random_int(1, 1 << 30)), true) ? 0 : 1);
