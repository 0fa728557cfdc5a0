<?php
/**
 * mixture.php SEED FOLDER URL JOBS STEPS: programs of random steps, each with a log of what its steps gave.
 *
 * What a program does depends on the seed and its number alone; so in plain PHP, where they run one after the other, the logs
 * are the same as with Tusk, where each is a coroutine and waits again and again for a random moment. Steps use things of
 * their own (files, connections, buffers, handlers, last errors) or things that all share and only look at (an object with
 * magic methods, a finfo, an archive, classes that are loaded once). Every fifth program has a twin that is cancelled at some moment: its
 * log is the beginning of the other's. Writes the logs to FOLDER/logs, as JSON.
 */

declare(strict_types=1);

[, $seed, $folder, $url, $jobs, $steps] = $argv;
$with_tusk = extension_loaded('tusk');
mt_srand((int) $seed);

/** Waits for a random moment, or not at all. */
function pause(mixed $value = null): mixed
{
    if ($GLOBALS['with_tusk']) {
        match (mt_rand(0, 4)) {
            0 => usleep(mt_rand(0, 1500)),
            1, 2 => Tusk\sleep(0),
            3 => Tusk\sleep(0.0005),
            4 => null,
        };
    }
    return $value;
}

#[AllowDynamicProperties]
final class Shared implements JsonSerializable, IteratorAggregate
{
    public array $list = [1, 2];
    public ?Shared $inner = null;
    public function __get(string $name): string { return pause("read $name") . (isset($this->{"is_$name"}) ? ' set' : ''); }
    public function __isset(string $name): bool { return pause(strlen($name) % 2 === 0); }
    public function __toString(): string { return pause('text'); }
    // Without a wait: PHP ends the script when anything is thrown in here, a cancel too.
    public function __debugInfo(): array { return ['shown' => $this->inner !== null]; }
    public function __serialize(): array { return pause(['inner' => $this->inner]); }
    public function __unserialize(array $data): void { $this->inner = pause($data['inner']); }
    public function jsonSerialize(): mixed { return pause($this->inner ? ['in' => $this->inner, 'twice' => $this->inner] : 'leaf'); }
    public function getIterator(): Iterator { yield pause(1); yield pause(2); }
}

final class Upper extends php_user_filter
{
    public function filter($in, $out, &$consumed, bool $closing): int
    {
        while ($bucket = stream_bucket_make_writeable($in)) {
            $bucket->data = strtoupper(pause($bucket->data));
            $consumed += $bucket->datalen;
            stream_bucket_append($out, $bucket);
        }
        return PSFS_PASS_ON;
    }
}

/** Reads what its path says, in parts. */
final class Said
{
    public $context;
    private string $text;
    public function stream_open(string $path): bool { $this->text = pause(substr($path, 7)); return true; }
    public function stream_read(int $count): string { $part = substr($this->text, 0, 3); $this->text = substr($this->text, 3); return pause($part); }
    public function stream_eof(): bool { return $this->text === ''; }
    public function stream_stat(): array { return pause(['size' => 0, 'mode' => 0100644]); }
    public function url_stat(): array { return pause(['size' => 0, 'mode' => 0100644]); }
    public function stream_set_option(): bool { return false; }
    public function stream_cast(): bool { return false; }
}
stream_wrapper_register('said', Said::class);
stream_filter_register('upper', Upper::class);
spl_autoload_register(static function (string $class): void {
    pause();
    if (preg_match('/^Loaded(\d+)$/', $class, $found)) {
        eval("class $class " . ($found[1] > 4 ? 'extends Loaded' . $found[1] - 3 : '') . " { const NUMBER = $found[1]; const OF = self::NUMBER * 2; public static \$made = 'class $class'; }");
    }
    pause();
});
$shared = new Shared();
$shared->inner = new Shared();

/** A step: (its program's folder, random numbers of its own, a word of its own) to what is logged. */
$kinds = [
    'file' => static function (string $own, Closure $random, string $word): array {
        $file = fopen("$own/file", 'w+');
        $log = [fwrite($file, $word), pause(), flock($file, LOCK_EX), fwrite($file, " $word\n"), rewind($file), pause(fgets($file)), fstat($file)['size'], feof($file), fclose($file)];
        return [...$log, rename("$own/file", "$own/moved"), pause(file_exists("$own/file")), file("$own/moved"), md5_file("$own/moved"), copy("$own/moved", "$own/copy"),
            array_values(array_diff(scandir($own), ['.', '..'])), filesize("$own/copy"), unlink("$own/moved"), unlink("$own/copy")];
    },
    'output' => static function (string $own, Closure $random, string $word): array {
        ob_start();
        echo $word;
        pause();
        ob_start(static fn (string $text): string => strtoupper($text));
        print_r([$word]);
        pause();
        ob_end_flush();
        printf('%s', pause($word));
        return [ob_get_level() > 0, ob_get_clean()];
    },
    'errors' => static function (string $own, Closure $random, string $word): array {
        $seen = [];
        set_error_handler(static function (int $level, string $message) use (&$seen): bool { $seen[] = pause($message); return $message !== 'quiet'; });
        trigger_error($word);
        pause();
        @trigger_error("muted $word", E_USER_WARNING);
        $reporting = error_reporting(pause(E_ALL & ~E_NOTICE));
        pause();
        $seen[] = error_reporting();
        error_reporting($reporting);
        restore_error_handler();
        @file_get_contents("$own/none");
        pause();
        $last = error_get_last()['message'];
        error_clear_last();
        pause();
        return [$seen, str_replace($own, '', $last), error_get_last()];
    },
    'last errors' => static function (string $own, Closure $random, string $word): array {
        json_decode($random(0, 1) ? '{' : '1');
        preg_match($random(0, 1) ? '/(?:\D+|<\d+>)*[!?]/' : '/a/', 'foobar foobar foobar');
        pause();
        return [json_last_error_msg(), preg_last_error_msg()];
    },
    'shared object' => static function (string $own, Closure $random, string $word): array {
        global $shared;
        $name = 'name' . $random(0, 2);
        return [$shared->$name, isset($shared->{$name . 'x'}), (string) $shared, json_encode($shared), json_last_error(), print_r($shared, true),
            serialize(unserialize(serialize($shared))), iterator_to_array($shared)];
    },
    'callbacks' => static function (string $own, Closure $random, string $word): array {
        $list = [$random(0, 99), $random(0, 99), $random(0, 99), $random(0, 99)];
        usort($list, static fn (int $a, int $b): int => pause($a <=> $b));
        array_walk($list, static function (int &$item, int $key, string $word): void { $item = pause("$word$item"); }, $word);
        return [$list, array_filter($list, static fn (string $item): bool => pause(strlen($item) > 4)), array_map(static fn (string $item): string => pause(strrev($item)), $list),
            preg_replace_callback('/[aeiou]/', static fn (array $m): string => pause(preg_replace('/./', 'x', $m[0])), $word),
            array_udiff($list, [$list[0]], static fn (string $a, string $b): int => pause($a <=> $b))];
    },
    'strtok' => static fn (string $own, Closure $random, string $word): array => [strtok("$word 2 3", ' '), pause(), strtok(' '), pause(), strtok(' '), strtok(' ')],
    'generators' => static function (string $own, Closure $random, string $word): array {
        $count = static function (int $to) use ($word): Generator { try { for ($i = 0; $i < $to; $i++) { $got = yield pause("$word$i"); } } finally { pause(); } return $got ?? null; };
        $all = (static function () use ($count): Generator { yield from $count(2); yield pause('between'); return yield from $count(3); })();
        $log = [];
        foreach ($all as $item) { $log[] = pause($item); }
        $fiber = new Fiber(static function (string $word): string { $got = Fiber::suspend(pause($word)); return pause("$word, $got"); });
        $log[] = $fiber->start($word);
        $fiber->resume(pause('resumed'));
        return [...$log, $all->getReturn(), $fiber->getReturn()];
    },
    'exceptions' => static function (string $own, Closure $random, string $word): array {
        $log = [];
        try {
            try {
                array_map(static function () use ($word): never { pause(); throw new DomainException($word); }, [1]);
            } finally {
                $log[] = pause('finally');
                try { throw new LogicException('inner'); } catch (LogicException $inner) { $log[] = pause($inner->getMessage()); }
            }
        } catch (DomainException $caught) {
            $log[] = pause($caught->getMessage());
        }
        return $log;
    },
    'xml' => static function (string $own, Closure $random, string $word): array {
        $before = libxml_use_internal_errors(true);
        $broken = simplexml_load_string("<$word><b></$word>");
        pause();
        $errors = array_map(static fn (LibXMLError $error): string => trim($error->message), libxml_get_errors());
        libxml_clear_errors();
        libxml_use_internal_errors($before);
        file_put_contents("$own/in.xml", "<a><b>$word</b></a>");
        $document = new DOMDocument();
        $loaded = $document->load("$own/in.xml");
        $seen = [];
        $parser = xml_parser_create();
        xml_set_element_handler($parser, static function ($parser, string $name) use (&$seen): void { $seen[] = pause($name); }, static fn (): mixed => pause());
        return [$broken, $errors, $loaded, $document->save("$own/out.xml"), (string) simplexml_load_file("$own/out.xml")->b, xml_parse($parser, "<x><y>$word</y></x>", true), $seen];
    },
    'streams' => static function (string $own, Closure $random, string $word): array {
        [$a, $b] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
        $log = [fwrite($a, "$word\n"), pause(), fgets($b)];
        [$read, $write, $except] = [[$b], null, null];
        $log[] = stream_select($read, $write, $except, 0, 1000);
        stream_set_timeout($b, 0, 1000);
        $log[] = fgets($b);
        $log[] = stream_get_meta_data($b)['timed_out'];
        // Not fclose(): a program that somebody executes meanwhile has this end, too, until it is over.
        stream_socket_shutdown($a, STREAM_SHUT_RDWR);
        stream_set_timeout($b, 10);
        $log[] = pause(fgets($b));
        $memory = fopen('php://temp', 'r+');
        stream_filter_append($memory, 'upper', STREAM_FILTER_WRITE);
        fwrite($memory, $word);
        rewind($memory);
        return [...$log, feof($b), pause(stream_get_contents($memory)), file_get_contents("said://$word"), file_get_contents("php://filter/read=upper|string.rot13/resource=said://$word"),
            file_put_contents("compress.zlib://$own/z.gz", $word), pause(gzfile("$own/z.gz")), file_get_contents("compress.zlib://$own/z.gz")];
    },
    'processes' => static function (string $own, Closure $random, string $word): array {
        $lines = [];
        $log = [exec("echo $word; exit 3", $lines, $status), $lines, $status, shell_exec("printf $word")];
        $process = proc_open(['cat'], [['pipe', 'r'], ['pipe', 'w']], $pipes);
        fwrite($pipes[0], pause($word));
        fclose($pipes[0]);
        return [...$log, stream_get_contents($pipes[1]), proc_close($process)];
    },
    'included' => static function (string $own, Closure $random, string $word): array {
        file_put_contents("$own/code-$word.php", "<?php pause(); \$made = pause('$word'); return [\$made, basename(__FILE__)];");
        return [include "$own/code-$word.php", require_once "$own/code-$word.php", highlight_file("$own/code-$word.php", true) !== ''];
    },
    'classes' => static function (string $own, Closure $random, string $word): array {
        $class = 'Loaded' . $random(0, 12);
        return [class_exists($class), $class::NUMBER, $class::OF, $class::$made, (new $class()) instanceof $class, get_parent_class($class), class_exists('Missing' . $random(0, 3))];
    },
    'http' => static function (string $own, Closure $random, string $word): array {
        global $url;
        $size = $random(1, 5000);
        // By a name that is made at run time: PHP 8.5 warns of the variable where it is written out.
        $headers = 'http_response_header';
        $$headers = null;
        $length = strlen(file_get_contents("$url/bytes?n=$size"));
        return [$length, PHP_VERSION_ID < 80500 ? $$headers[0] : http_get_last_response_headers()[0], @file_get_contents("$url/drop")];
    },
];
if (extension_loaded('curl')) {
    $kinds['curl'] = static function (string $own, Closure $random, string $word): array {
        global $url;
        $size = $random(1, 5000);
        $got = $headers = 0;
        curl_setopt_array($curl = curl_init("$url/bytes?n=$size"), [
            CURLOPT_WRITEFUNCTION => static function ($curl, string $part) use (&$got): int { $got += pause(strlen($part)); return strlen($part); },
            CURLOPT_HEADERFUNCTION => static function ($curl, string $line) use (&$headers): int { $headers += pause(1); return strlen($line); },
        ]);
        return [curl_exec($curl), $got, $headers > 1, curl_errno($curl), curl_getinfo($curl, CURLINFO_RESPONSE_CODE)];
    };
}
if (extension_loaded('pdo_sqlite')) {
    $kinds['sqlite'] = static function (string $own, Closure $random, string $word): array {
        $pdo = new PDO("sqlite:$own/db");
        $pdo->sqliteCreateFunction('late', static fn (string $text): string => pause("late $text"));
        $pdo->exec('create table if not exists t (a text)');
        $pdo->beginTransaction();
        $insert = $pdo->prepare('insert into t values (late(?))');
        $log = [$insert->execute([$word]), pause(), $pdo->commit(), (int) $pdo->query('select count(*) from t')->fetchColumn() > 0,
            $pdo->query('select late(a) from t order by rowid desc')->fetchColumn()];
        try { $pdo->exec('select nothing from nowhere'); } catch (PDOException $failed) { $log[] = pause($failed->getMessage()); }
        return [...$log, $pdo->errorInfo()];
    };
}
if (extension_loaded('sockets') && extension_loaded('posix')) {
    $kinds['error numbers'] = static function (string $own, Closure $random, string $word): array {
        @socket_bind($socket = socket_create(AF_INET, SOCK_STREAM, 0), '192.0.2.1');
        posix_kill(getmypid(), 1000 + $random(0, 1));
        pause();
        return [socket_last_error(), socket_last_error($socket), posix_get_last_error()];
    };
}
if (extension_loaded('openssl')) {
    $kinds['openssl'] = static function (string $own, Closure $random, string $word): array {
        $failed = @openssl_pkey_get_private("no key $word") === false;
        pause();
        $errors = 0;
        while (openssl_error_string() !== false) { $errors++; pause(); }
        $sealed = openssl_encrypt($word, 'aes-128-cbc', str_repeat('k', 16), 0, str_repeat('i', 16));
        return [$failed, $errors > 0, pause($sealed), openssl_decrypt($sealed, 'aes-128-cbc', str_repeat('k', 16), 0, str_repeat('i', 16))];
    };
}
if (extension_loaded('fileinfo')) {
    $finfo = finfo_open(FILEINFO_MIME_TYPE);
    $kinds['finfo'] = static fn (string $own, Closure $random, string $word): array
        => [$GLOBALS['finfo']->file($random(0, 1) ? "said://%PDF-1.4 $word" : "said://$word"), finfo_buffer($GLOBALS['finfo'], '<?php')];
}
if (extension_loaded('phar')) {
    $made = new PharData("$folder/shared.tar");
    for ($i = 0; $i < 4; $i++) {
        $made["e$i"] = str_repeat("$i", 9000);
    }
    unset($made);
    $kinds['phar'] = static function (string $own, Closure $random, string $word): array {
        $stream = fopen("phar://{$GLOBALS['folder']}/shared.tar/e{$random(0, 3)}", 'r');
        for ($hash = hash_init('md5'); !feof($stream);) { hash_update($hash, (string) fread($stream, 4000)); pause(); }
        return [hash_final($hash), count(scandir("phar://{$GLOBALS['folder']}/shared.tar"))];
    };
}
if (extension_loaded('soap')) {
    class Answering extends SoapClient
    {
        public string $answer = '';
        public function __doRequest(string $request, string $location, string $action, int $version, bool $oneWay = false): ?string { pause(); return $this->answer; }
    }
    final class TypeA { public mixed $v; }
    final class TypeB { public mixed $v; }
    $kinds['soap'] = static function (string $own, Closure $random, string $word): array {
        $client = new Answering(null, ['location' => 'x', 'uri' => "urn:$word", 'classmap' => ['T' => $random(0, 1) ? TypeA::class : TypeB::class]]);
        $client->answer = '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns:i="http://www.w3.org/2001/XMLSchema-instance"><e:Body>'
            . "<r><return xmlns:t=\"urn:t\" i:type=\"t:T\"><v>$word</v></return></r></e:Body></e:Envelope>";
        $log = [json_encode($client->call('x'))];
        $client->answer = 'none';
        try { $client->call('x'); } catch (SoapFault $fault) { $log[] = pause($fault->getMessage()); }
        return $log;
    };
}

$only = getenv('TUSK_KINDS') ? explode(',', getenv('TUSK_KINDS')) : array_keys($kinds);
/** Runs a program; what it logs is in $log as soon as a step is over. */
$run = static function (int $number, string $own, ?array &$log) use ($seed, $steps, $kinds, $only): void {
    $numbers = new Random\Randomizer(new Random\Engine\Mt19937((int) $seed * 1000 + $number));
    $random = $numbers->getInt(...);
    mkdir($own);
    $log = [];
    for ($step = 0; $step < (int) $steps; $step++) {
        $kind = $only[$random(0, count($only) - 1)];
        // What a step asks for does not depend on how far it came.
        $of_step = new Random\Randomizer(new Random\Engine\Mt19937($random(0, 1 << 30)));
        try {
            $gave = $kinds[$kind]($own, $of_step->getInt(...), "w$number" . "s$step");
        } catch (Tusk\CancelledException $cancelled) {
            throw $cancelled;
        } catch (Throwable $failed) {
            $gave = get_class($failed) . ': ' . $failed->getMessage();
        }
        $log[] = json_encode([$kind, $gave], JSON_UNESCAPED_SLASHES | JSON_INVALID_UTF8_SUBSTITUTE);
    }
};
set_error_handler(static fn (): bool => true);
$logs = $twins = $coroutines = [];
for ($number = 0; $number < (int) $jobs; $number++) {
    if (!$with_tusk) {
        $run($number, "$folder/$number", $logs[$number]);
        continue;
    }
    $logs[$number] = $twins[$number] = null;
    $coroutines[] = Tusk\go(static function () use ($run, $number, $folder, &$logs): void { $run($number, "$folder/$number", $logs[$number]); });
    if ($number % 5 === 0) {
        $victim = Tusk\go(static function () use ($run, $number, $folder, &$twins): void { $run($number, "$folder/twin$number", $twins[$number]); });
        $coroutines[] = Tusk\go(static function () use ($victim): void {
            Tusk\sleep(mt_rand(0, 40) / 1000);
            $victim->cancel();
            try { $victim->join(); } catch (Tusk\CancelledException) { /* or it was faster */ }
        });
    }
}
foreach ($coroutines as $coroutine) {
    $coroutine->join();
}
// Not on the output, which has what was in the buffers of those who were cancelled.
file_put_contents("$folder/logs", json_encode(['logs' => $logs, 'twins' => array_filter($twins)], JSON_THROW_ON_ERROR));
