<?php
/**
 * PHP code that C code calls, and that waits: comparators, callbacks of libraries, methods that the engine calls by itself,
 * wrappers, filters and generators. What waits is a usleep(); whether it may suspend is a question of the C code around it.
 */

declare(strict_types=1);

namespace Tusk\Tests\Matrix;

/** What a callback does before it gives $value. */
function waited(mixed $value): mixed
{
    usleep(8_000);
    return $value;
}

final class Magic implements \JsonSerializable, \IteratorAggregate, \Countable, \ArrayAccess
{
    public function __get(string $name): mixed { return waited($name); }
    public function __set(string $name, mixed $value): void { waited($value); }
    public function __isset(string $name): bool { return waited(true); }
    public function __unset(string $name): void { waited($name); }
    public function __call(string $name, array $arguments): mixed { return waited([$name, ...$arguments]); }
    public static function __callStatic(string $name, array $arguments): mixed { return waited($name); }
    public function __toString(): string { return waited('text'); }
    public function __invoke(): mixed { return waited('invoked'); }
    public function __debugInfo(): array { return waited(['shown' => 1]); }
    public function __clone() { waited(null); }
    public function __serialize(): array { return waited(['kept' => 1]); }
    public function __unserialize(array $data): void { waited($data); }
    public function jsonSerialize(): mixed { return waited(['encoded' => 1]); }
    public function getIterator(): \Iterator { yield waited(1); yield waited(2); }
    public function count(): int { return waited(3); }
    public function offsetExists(mixed $offset): bool { return waited(true); }
    public function offsetGet(mixed $offset): mixed { return waited($offset); }
    public function offsetSet(mixed $offset, mixed $value): void { waited($value); }
    public function offsetUnset(mixed $offset): void { waited($offset); }
}

/** A wrapper each of whose methods waits. */
final class Wrapper
{
    public $context;
    private string $text = 'abcdef';
    private int $names = 0;
    public function stream_open(string $path, string $mode): bool { return waited(true); }
    public function stream_read(int $count): string { [$text, $this->text] = [$this->text, '']; return waited($text); }
    public function stream_write(string $data): int { return waited(strlen($data)); }
    public function stream_eof(): bool { return $this->text === ''; }
    public function stream_stat(): array { return waited(['mode' => 0100644, 'size' => 6]); }
    public function stream_flush(): bool { return waited(true); }
    public function stream_lock(int $how): bool { return waited(true); }
    public function stream_set_option(): bool { return false; }
    public function stream_close(): void { waited(null); }
    public function url_stat(): array { return waited(['mode' => 0100644, 'size' => 6]); }
    public function unlink(): bool { return waited(true); }
    public function rename(): bool { return waited(true); }
    public function mkdir(): bool { return waited(true); }
    public function rmdir(): bool { return waited(true); }
    public function dir_opendir(): bool { return waited(true); }
    public function dir_readdir(): string|false { return waited($this->names++ < 2 ? "name$this->names" : false); }
    public function dir_closedir(): bool { return true; }
}

final class Filter extends \php_user_filter
{
    public function filter($in, $out, &$consumed, bool $closing): int
    {
        while ($bucket = stream_bucket_make_writeable($in)) {
            $bucket->data = strtoupper(waited($bucket->data));
            $consumed += $bucket->datalen;
            stream_bucket_append($out, $bucket);
        }
        return PSFS_PASS_ON;
    }
}

$row = static fn (string $call, \Closure $run, array $needs = [], string $remark = '', array $ini = []): Row
    => new Row($call, 'function', $run, waits: 0.007, needs: $needs, remark: $remark, ini: $ini);

return [
    $row('callbacks: usort, uksort', static function (): array {
        $list = [3, 1, 2];
        usort($list, static fn (int $a, int $b): int => waited($a <=> $b));
        $keys = ['b' => 1, 'a' => 2];
        uksort($keys, static fn (string $a, string $b): int => waited($a <=> $b));
        return [$list, $keys];
    }),
    $row('callbacks: array_map, array_filter, array_walk, array_reduce, array_udiff', static function (): array {
        $list = [1, 2];
        array_walk($list, static function (int &$item): void { $item = waited($item * 2); });
        return [
            $list, array_map(waited(...), $list), array_filter($list, static fn (int $n): bool => waited($n > 2)),
            array_reduce($list, static fn (int $sum, int $n): int => waited($sum + $n), 0),
            array_udiff($list, [2], static fn (int $a, int $b): int => waited($a <=> $b)),
        ];
    }),
    $row('callbacks: preg_replace_callback, preg_replace_callback_array', static fn (): array => [
        preg_replace_callback('/\w/', static fn (array $m): string => waited(preg_replace('/./', 'x', $m[0])), 'a b'),
        preg_replace_callback_array(['/a/' => static fn (): string => waited('1'), '/b/' => static fn (): string => waited('2')], 'a b'),
        preg_last_error(),
    ]),
    $row('callbacks: magic methods', static function (): array {
        $magic = new Magic();
        $magic->b = 1;
        unset($magic->c);
        return [$magic->a, isset($magic->d), $magic->e(1), Magic::f(), "$magic", $magic(), (clone $magic)::class];
    }),
    $row('callbacks: serialize, unserialize, json_encode, var_dump, print_r', static function (): array {
        ob_start();
        var_dump($magic = new Magic());
        // Objects have other numbers where there are coroutines.
        $dump = preg_replace('/#\d+/', '', ob_get_clean());
        return [$dump, serialize($magic), unserialize(serialize($magic))::class, json_encode([$magic, $magic]), print_r($magic, true)];
    }),
    $row('callbacks: foreach, count, ArrayAccess, yield from', static function (): array {
        $magic = new Magic();
        $magic['a'] = 1;
        unset($magic['b']);
        $from = static function () use ($magic): \Generator { yield from $magic; return waited(5); };
        return [iterator_to_array($magic), count($magic), isset($magic['c']), $magic['d'], iterator_to_array($generator = $from(), false), $generator->getReturn()];
    }),
    $row('callbacks: an autoloader, class_exists, a constant of a class that is loaded', static function (): array {
        spl_autoload_register(static function (string $class): void { waited($class); eval("class $class { const IT = 1; }"); });
        return [class_exists('LoadedLate'), \LoadedLater::IT, new \LoadedLast() instanceof \LoadedLast];
    }),
    $row('callbacks: an error handler, also below @', static function (): array {
        set_error_handler(static fn (int $level, string $message): bool => waited(true));
        trigger_error('once');
        $sum = 1 + (int) @file_get_contents('/no/such');
        restore_error_handler();
        return [$sum, error_get_last()];
    }),
    $row('callbacks: a stream wrapper', static function (): array {
        stream_wrapper_register('waits', Wrapper::class);
        $stream = fopen('waits://a', 'r+');
        return [
            fread($stream, 10), fwrite($stream, 'abc'), fflush($stream), flock($stream, LOCK_EX), fstat($stream)['size'], fclose($stream),
            file_get_contents('waits://b'), stat('waits://c')['size'], unlink('waits://d'), rename('waits://e', 'waits://f'), mkdir('waits://g'),
            rmdir('waits://h'), scandir('waits://i'), is_file('waits://j'),
        ];
    }),
    $row('callbacks: a stream filter', static function (): array {
        stream_filter_register('waits', Filter::class);
        $stream = fopen('php://memory', 'r+');
        stream_filter_append($stream, 'waits', STREAM_FILTER_WRITE);
        return [fwrite($stream, 'abc'), rewind($stream), fgets($stream), file_get_contents('php://filter/read=waits/resource=data:,def')];
    }),
    $row('callbacks: PDO sqlite functions, aggregates, collations', static function (): array {
        $pdo = new \PDO('sqlite::memory:');
        $pdo->sqliteCreateFunction('late', waited(...), 1);
        $pdo->sqliteCreateAggregate('sum2', static fn (mixed $sum, int $n, int $value): int => waited($sum + $value), static fn (mixed $sum): int => $sum);
        $pdo->sqliteCreateCollation('late', static fn (string $a, string $b): int => waited($a <=> $b));
        $pdo->exec("create table t (a); insert into t values ('b'), ('a')");
        return [$pdo->query('select late(5)')->fetchColumn(), $pdo->query('select sum2(1) from t')->fetchColumn(),
            $pdo->query('select a from t order by a collate late')->fetchAll(\PDO::FETCH_COLUMN)];
    }, ['extension:pdo_sqlite']),
    $row('callbacks: SQLite3 functions, authorizer', static function (): array {
        $sqlite = new \SQLite3(':memory:');
        $sqlite->createFunction('late', waited(...), 1);
        $sqlite->setAuthorizer(static fn (): int => waited(\SQLite3::OK));
        return [$sqlite->querySingle('select late(6)')];
    }, ['extension:sqlite3']),
    $row('callbacks: xml_parser handlers', static function (): array {
        $seen = [];
        $parser = xml_parser_create();
        xml_set_element_handler($parser, static function ($parser, string $name) use (&$seen): void { $seen[] = waited($name); }, static fn (): mixed => null);
        xml_set_character_data_handler($parser, static function ($parser, string $text) use (&$seen): void { $seen[] = waited($text); });
        return [xml_parse($parser, '<a><b>text</b></a>', true), $seen];
    }, ['extension:xml']),
    $row('callbacks: libxml\'s entity loader, functions of XPath', static function (): array {
        libxml_set_external_entity_loader(static function () { $stream = fopen('php://memory', 'r+'); fwrite($stream, waited('late')); rewind($stream); return $stream; });
        $document = new \DOMDocument();
        $document->loadXML('<!DOCTYPE a [<!ENTITY e SYSTEM "x">]><a>&e;</a>', LIBXML_NOENT);
        libxml_set_external_entity_loader(null);
        $path = new \DOMXPath($document);
        $path->registerNamespace('php', 'http://php.net/xpath');
        $path->registerPhpFunctions();
        return [$document->textContent, $path->evaluate('php:functionString("Tusk\Tests\Matrix\waited", "found")')];
    }, ['extension:dom']),
    $row('callbacks: FFI', static function (): array {
        $libc = \FFI::cdef('void qsort(void *, size_t, size_t, int (*)(const int *, const int *));', 'libc.so.6');
        $list = $libc->new('int[3]');
        foreach ([3, 1, 2] as $i => $value) {
            $list[$i] = $value;
        }
        $libc->qsort($list, 3, 4, static fn (\FFI\CData $a, \FFI\CData $b): int => waited($a[0] <=> $b[0]));
        return [$list[0], $list[1], $list[2]];
    }, ['extension:ffi'], ini: ['ffi.enable' => '1']),
    $row('callbacks: session_set_save_handler', static function (): array {
        session_set_save_handler(new class implements \SessionHandlerInterface {
            public function open(string $path, string $name): bool { return waited(true); }
            public function read(string $id): string|false { return waited('n|i:1;'); }
            public function write(string $id, string $data): bool { return waited(true); }
            public function close(): bool { return waited(true); }
            public function destroy(string $id): bool { return waited(true); }
            public function gc(int $age): int|false { return waited(0); }
        });
        return [session_start(), $_SESSION, session_write_close()];
    }, ['extension:session'], ini: ['session.use_cookies' => '0', 'session.cache_limiter' => '']),
];
