--TEST--
Settings of a pooled PDO that are unknown, or the class's own, are refused by name
--SKIPIF--
<?php extension_loaded('pdo') || exit('skip needs ext/pdo');
--FILE--
<?php
declare(strict_types=1);

require __DIR__ . '/../include/autoload.inc';
require __DIR__ . '/../include/attempt.inc';

use Tusk\Pool\Pdo;
use function Tusk\Tests\attempt;

foreach (['maxx' => 3, 'reset' => fn () => 1, 'factory' => fn () => 1, 0 => 4] as $name => $value) {
    attempt((string) $name, fn () => new Pdo('sqlite::memory:', null, null, ['pool' => [$name => $value]]));
}
attempt('max', fn () => (new Pdo('sqlite::memory:', null, null, ['pool' => ['max' => 3]]))->stats()['max']);
?>
--EXPECT--
maxx: ValueError: the option "pool" of Tusk\Pool\Pdo has the setting "maxx", which is unknown; known are max, min, waitTimeout, idleTimeout, maxLifetime, checkAfter, leakAfter, name, maxWaiters, budget, connect
reset: ValueError: the option "pool" of Tusk\Pool\Pdo has the setting "reset", which is unknown; known are max, min, waitTimeout, idleTimeout, maxLifetime, checkAfter, leakAfter, name, maxWaiters, budget, connect
factory: ValueError: the option "pool" of Tusk\Pool\Pdo has the setting "factory", which is unknown; known are max, min, waitTimeout, idleTimeout, maxLifetime, checkAfter, leakAfter, name, maxWaiters, budget, connect
0: ValueError: the option "pool" of Tusk\Pool\Pdo has the setting "0", which is unknown; known are max, min, waitTimeout, idleTimeout, maxLifetime, checkAfter, leakAfter, name, maxWaiters, budget, connect
max: 3
