--TEST--
Binary values are what the server shows as text, for every type and for parameters on the way back
--SKIPIF--
<?php
require __DIR__ . '/../include/postgres.inc';
Postgres::skip();
?>
--FILE--
<?php
require __DIR__ . '/../include/postgres.inc';
use Tusk\Pool\Postgres as Pool;

$server = Postgres::start();
$db = Pool::connect($server->address(['options' => '-c timezone=UTC']), max: 2);

// The oracle is the server's own cast to text.
$values = [
    'numeric' => ['0', '-1', '1.10', '12345678901234567890.000000000123', '0.00001', '1e40', '-1e-20', 'NaN', 'Infinity', '10000', '99999999'],
    'uuid' => ['a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'],
    'date' => ['2024-02-29', '0001-01-01', '0044-03-15 BC', 'infinity', '-infinity', '9999-12-31', '1582-10-15'],
    'time' => ['00:00:00', '23:59:59.999999', '24:00:00', '12:34:56.7'],
    'timetz' => ['12:34:56.7+05:30', '00:00:00-11', '10:00:00+00'],
    'timestamp' => ['2024-02-29 12:34:56.789', '1969-12-31 23:59:59.5', '0044-03-15 12:00:00 BC', 'infinity', '-infinity'],
    'timestamptz' => ['2024-02-29 12:34:56.789+08', '1999-12-31 23:00:00-05', 'infinity'],
    'interval' => ['1 year 2 mons 3 days 04:05:06.789', '-1 day +02:03:04', '0', '-13 months', '100 hours', '-00:00:00.5', '1 mon -1 day'],
    'inet' => ['127.0.0.1', '10.0.0.1/8', '::1', '2001:db8::ff00:42:8329/64', '::ffff:1.2.3.4', '::1.2.3.4', '::'],
    'cidr' => ['10.0.0.0/8', '2001:db8::/32', '127.0.0.1/32'],
    'macaddr' => ['08:00:2b:01:02:03'],
    'macaddr8' => ['08:00:2b:01:02:03:04:05'],
    'json' => ['{"a": [1, 2]}', 'null'],
    'jsonb' => ['{"a": [1, 2]}', '"x"'],
    'bpchar(5)' => ['ab'],
    'varchar' => ['häß'],
    'name' => ['abc'],
    'xml' => ['<a>b</a>'],
    'money' => ['$1,234.50'],
    'point' => ['(1,2.5)'],
    'box' => ['(2,2),(1,1)'],
    'bit(3)' => ['101'],
    'varbit' => ['10101'],
    'int4range' => ['[1,5)'],
    'tstzrange' => ['["2024-01-01 00:00:00+00",)'],
    'tsvector' => ["'cat':1 'dog':2"],
    'pg_lsn' => ['16/B374D848'],
    'regclass' => ['pg_class'],
];
$wrong = $count = 0;
foreach ($values as $type => $texts) {
    foreach ($texts as $text) {
        // The parameter is read by the type's own parser, and shown by its own output.
        $row = $db->query("SELECT \$1::$type AS value, concat(\$1::$type) AS shown", [$text])->fetchOne();
        $expected = str_starts_with($type, 'bpchar') ? 'ab   ' : $row['shown'];
        $count++;
        if ($row['value'] !== $expected) {
            $wrong++;
            echo "$type $text: ", var_export($row['value'], true), " instead of {$expected}\n";
        }
    }
}
// Dates and numbers at random, thousands at once.
$rows = $db->query("SELECT d, d::text AS ds, t, t::text AS ts, n, n::text AS ns, i, i::text AS \"is\" FROM (SELECT
    '2000-01-01'::date + (random() * 4000000 - 1700000)::int AS d,
    '2000-01-01'::timestamp + (random() - 0.4) * '9000 years'::interval AS t,
    ((random() - 0.5) * 10 ^ (random() * 30)::int)::numeric / (1 + (random() * 1000)::int) AS n,
    make_interval((random() * 20 - 10)::int, (random() * 40 - 20)::int, 0, (random() * 40 - 20)::int, (random() * 40 - 20)::int, 0, random() * 100 - 50) AS i
    FROM generate_series(1, 2000)) x");
foreach ($rows as $row) {
    foreach (['d', 't', 'n', 'i'] as $name) {
        $count++;
        if ($row[$name] !== $row[$name . 's']) {
            $wrong++ < 10 && print("$name: {$row[$name]} instead of {$row[$name . 's']}\n");
        }
    }
}
var_dump($count, $wrong);

// What PHP has types for.
var_dump($db->query("SELECT true a, 1::int2 b, -2::int4 c, 9223372036854775807 d, 1.1::float4 e, 0.1::float8 f, 'NaN'::float8 g,
    4000000000::oid h, 'x'::\"char\" i, ''::text j, 'infinity'::float8 k")->fetchOne());
echo json_encode($db->query("SELECT '{1,NULL,3}'::int[] a, '{{a,\"b,c\"},{NULL,\"\"}}'::text[] b, '{}'::int8[] c, ARRAY[true,false] d,
    ARRAY[1.50,2]::numeric[] e, ARRAY['2024-01-01'::date] f, ARRAY['{\"a\":1}'::jsonb] g, '[0:1]={5,6}'::int[] h")->fetchOne()), "\n";

// Parameters.
enum Suit: string
{
    case Hearts = 'H';
}
final class Text
{
    public function __toString(): string
    {
        return 'text';
    }
}
$bytes = random_bytes(1000) . "\0\\\x00'";
var_dump($db->query('SELECT $1::bytea AS b', [$bytes])->fetchValue() === $bytes);
var_dump($db->query('SELECT $1::bytea[] AS b', [[$bytes, null, '']])->fetchValue() === [$bytes, null, '']);
$list = ['a"b', 'c\\d', 'NULL', '', null, '{}', 'ä,'];
var_dump($db->query('SELECT $1::text[] AS l', [$list])->fetchValue() === $list);
var_dump($db->query('SELECT $1::int[] AS l', [[[1, 2], [3, null]]])->fetchValue() === [[1, 2], [3, null]]);
var_dump($db->query('SELECT count(*) FROM generate_series(1, 10) n WHERE n = ANY($1)', [[2, 3, 99]])->fetchValue());
var_dump($db->query('SELECT $1::jsonb->>0 AS l, $2::jsonb->\'a\' AS m', [[1, 2], ['a' => ['b' => null]]])->fetchOne());
var_dump($db->query('SELECT $1::bool a, $2::bool b, $3::int c, $4::text d, $5::float8 e, $6::numeric f, $7::text g, $8::text h, $9::int i',
    [true, 0, true, 5, 0.1, '1.50', Suit::Hearts, new Text(), 7.0])->fetchOne());
var_dump($db->query('SELECT $1::timestamptz AS t, $2::date AS d',
    [new DateTimeImmutable('2024-05-06 07:08:09.123456 +02:00'), new DateTime('2024-05-06')])->fetchOne());
foreach ([[STDIN], [[1]], [['a' => 1]], ['n' => 1], [], [1, 2]] as $params) {
    try {
        $db->query('SELECT $1::int', $params);
        echo "taken\n";
    } catch (Tusk\MisuseError $error) {
        echo $error->getMessage(), "\n";
    }
}
// Types that users define come as text.
$db->execute("CREATE TYPE mood AS ENUM ('sad', 'happy')");
$db->execute('CREATE TYPE pair AS (a int, b text)');
var_dump($db->query("SELECT 'happy'::mood AS m, ARRAY['sad'::mood] AS ms, ROW(1, 'x')::pair AS p, \$1::mood[] AS back", [['sad', 'happy']])->fetchOne());
?>
--EXPECTF--
int(%d)
int(0)
array(11) {
  ["a"]=>
  bool(true)
  ["b"]=>
  int(1)
  ["c"]=>
  int(-2)
  ["d"]=>
  int(9223372036854775807)
  ["e"]=>
  float(1.1)
  ["f"]=>
  float(0.1)
  ["g"]=>
  float(NAN)
  ["h"]=>
  int(4000000000)
  ["i"]=>
  string(1) "x"
  ["j"]=>
  string(0) ""
  ["k"]=>
  float(INF)
}
{"a":[1,null,3],"b":[["a","b,c"],[null,""]],"c":[],"d":[true,false],"e":["1.50","2"],"f":["2024-01-01"],"g":["{\"a\": 1}"],"h":[5,6]}
bool(true)
bool(true)
bool(true)
bool(true)
int(2)
array(2) {
  ["l"]=>
  string(1) "1"
  ["m"]=>
  string(11) "{"b": null}"
}
array(9) {
  ["a"]=>
  bool(true)
  ["b"]=>
  bool(false)
  ["c"]=>
  int(1)
  ["d"]=>
  string(1) "5"
  ["e"]=>
  float(0.1)
  ["f"]=>
  string(4) "1.50"
  ["g"]=>
  string(1) "H"
  ["h"]=>
  string(4) "text"
  ["i"]=>
  int(7)
}
array(2) {
  ["t"]=>
  string(29) "2024-05-06 05:08:09.123456+00"
  ["d"]=>
  string(10) "2024-05-06"
}
%s
cannot send the query: parameter $1 is an array, and the statement wants int4; did you mean = ANY($n)?
cannot send the query: parameter $1 is an array, and the statement wants int4; did you mean = ANY($n)?
parameters are a list: the first is $1 in the SQL; there are no names
cannot send the query: the statement has 1 parameters ($1, $2 …), and 0 were given
cannot send the query: the statement has 1 parameters ($1, $2 …), and 2 were given
array(4) {
  ["m"]=>
  string(5) "happy"
  ["ms"]=>
  string(5) "{sad}"
  ["p"]=>
  string(5) "(1,x)"
  ["back"]=>
  string(11) "{sad,happy}"
}
