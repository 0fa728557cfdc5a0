<?php
/** faults.phpt for as long as is said: php -d extension=…/tusk.so php-tests/postgres/faults.php SECONDS */

declare(strict_types=1);

// Every request's number is kept until the end.
ini_set('memory_limit', '2G');

require __DIR__ . '/../include/postgres_chaos.inc';

$seconds = (float) ($argv[1] ?? 0);
$seconds > 0 || exit("usage: php-tests/postgres/faults.php SECONDS\n");
$chaos = new Tusk\Tests\PostgresChaos((int) (getenv('TUSK_SEED') ?: random_int(1, 1 << 30)));
exit($chaos->run($seconds, true) ? 0 : 1);
