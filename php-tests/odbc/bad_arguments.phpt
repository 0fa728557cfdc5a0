--TEST--
ODBC: arguments that cannot be are refused with what they should be
--SKIPIF--
<?php require __DIR__ . '/../include/odbc_pool.inc'; Tusk\Tests\skip_without_bad_driver(); ?>
--FILE--
<?php
declare(strict_types=1);

require __DIR__ . '/../include/odbc_pool.inc';

use Tusk\Pool\{Odbc, OdbcResult, OdbcStream};
use function Tusk\Tests\{bad_driver, thrown};

$show = fn (callable $body) => print thrown($body) . "\n";
$show(fn () => new Odbc());
$show(fn () => new OdbcResult());
$show(fn () => new OdbcStream());
$show(fn () => Odbc::connect(''));
$show(fn () => Odbc::connect("a\0b"));
$show(fn () => Odbc::connect('a', max: 0));
$show(fn () => Odbc::connect('a', max: 2, min: 3));
$show(fn () => Odbc::connect('a', max: -1));
$show(fn () => Odbc::connect('a', timeout: -1.0));
$show(fn () => Odbc::connect('a', options: ['charset' => 'klingon']));
$show(fn () => Odbc::connect('a', options: ['check' => 5]));
$show(fn () => Odbc::connect('a', options: ['speed' => 5]));
$show(fn () => Odbc::connect('a', options: ['library' => 'libno-such.so.9']));
$show(fn () => Odbc::connect('a', max: '8'));
$db = Odbc::connect(bad_driver());
$show(fn () => $db->query("\xff"));
$show(fn () => $db->query('rows 1', ['name' => 1]));
$show(fn () => $db->query('rows 1', [1, "\xff"]));
$show(fn () => $db->query('rows 1', [new stdClass()]));
$show(fn () => $db->query('rows 1', [['colour' => 'red']]));
$show(fn () => $db->query('rows 1', [['decimal' => '1,5']]));
$show(fn () => $db->query('rows 1', [['date' => "x'; --"]]));
$show(fn () => $db->query('rows 1', timeout: NAN));
$show(fn () => $db->transaction(fn () => 1, 'snapshot'));
$show(fn () => $db->transaction(fn () => $db->transaction(fn () => 1)));
$show(fn () => $db->query('rows 1')->fetchColumn(1));
$stream = $db->stream('rows 5');
$stream->next();
$show(fn () => $stream->rewind());
unset($stream);
?>
--EXPECTF--
Tusk\MisuseError(0): pools are made by Tusk\Pool\Odbc::connect()
Tusk\MisuseError(0): results are made by Tusk\Pool\Odbc::query()
Tusk\MisuseError(0): streams are made by Tusk\Pool\Odbc::stream()
ValueError(0): Tusk\Pool\Odbc::connect(): Argument #1 ($dsn) cannot be used: the connection string is empty
ValueError(0): Tusk\Pool\Odbc::connect(): Argument #1 ($dsn) cannot be used: the connection string contains a zero byte
ValueError(0): Tusk\Pool\Odbc::connect(): Argument #4 ($max) cannot be used: max must be between 1 and %d, and is 0
ValueError(0): Tusk\Pool\Odbc::connect(): Argument #4 ($max) cannot be used: min (3) must not be above max (2)
ValueError(0): Tusk\Pool\Odbc::connect(): Argument #4 ($max) must be zero or more
ValueError(0): Tusk\Pool\Odbc::connect(): Argument #6 ($timeout) must be zero or more seconds, -1 given
ValueError(0): Tusk\Pool\Odbc::connect(): Argument #7 ($options) has the option "charset", which must be "utf-16" (the default), or a charset such as "gb18030"
ValueError(0): Tusk\Pool\Odbc::connect(): Argument #7 ($options) has the option "check", which must be a string
ValueError(0): Tusk\Pool\Odbc::connect(): Argument #7 ($options) has the option "speed", which is unknown; known are %s
Tusk\UnsupportedException(0): cannot load the ODBC driver manager: %s; install unixODBC %s
TypeError(0): Tusk\Pool\Odbc::connect(): Argument #4 ($max) must be of type int, string given
ValueError(0): Tusk\Pool\Odbc::query(): Argument #1 ($sql) must be valid UTF-8; %s
ValueError(0): Tusk\Pool\Odbc::query(): Argument #2 ($params) must be a list: ODBC knows parameters by their order, as question marks in the statement
ValueError(0): Tusk\Pool\Odbc::query(): Argument #2 ($params) has at place 1 a value that must be a string in UTF-8; bytes are given as ['binary' => $bytes]
ValueError(0): Tusk\Pool\Odbc::query(): Argument #2 ($params) has at place 0 a value that must be null, bool, int, float, string, or ['type' => value]
ValueError(0): Tusk\Pool\Odbc::query(): Argument #2 ($params) has at place 0 a value that must be of a type among binary, text, decimal, date, time and timestamp
Tusk\MisuseError(0): cannot bind a parameter: parameter 1: a decimal is digits with at most one point, such as '-12.50'
Tusk\MisuseError(0): cannot bind a parameter: parameter 1: a date is written as in '2026-01-31 23:59:59.123'
ValueError(0): Tusk\Pool\Odbc::query(): Argument #3 ($timeout) must be zero or more seconds, NaN given
ValueError(0): Tusk\Pool\Odbc::transaction(): Argument #2 ($mode) must be empty or an isolation level: %s
Tusk\MisuseError(0): this coroutine is inside transaction() already, %s
ValueError(0): Tusk\Pool\OdbcResult::fetchColumn(): Argument #1 ($column) must be the number of a column, counted from 0
Tusk\MisuseError(0): a stream can be read once: rows that were read are gone; use query() to go over them again
