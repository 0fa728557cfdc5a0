--TEST--
Seconds of crashes, ended sessions and a bad network under load: every request ends in time, nothing is done twice (faults.php for longer)
--EXTENSIONS--
posix
--SKIPIF--
<?php
require __DIR__ . '/../include/postgres.inc';
Postgres::skip();
?>
--INI--
memory_limit=512M
--FILE--
<?php
declare(strict_types=1);

require __DIR__ . '/../include/postgres_chaos.inc';

(new Tusk\Tests\PostgresChaos(20261127))->run(5.0);
?>
--EXPECT--
full again
0 executed twice, 0 reported and missing, 0 refused and done, 0 wrong answers, 0 late, 0 left over
every request ended
under load
