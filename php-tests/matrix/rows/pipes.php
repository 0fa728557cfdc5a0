<?php
/** FIFOs, pipes and standard input. */

declare(strict_types=1);

namespace Tusk\Tests\Matrix;

use function Tusk\Tests\plain_php;

/** A FIFO, and a shell command that does something with it a little later. */
$fifo = static fn (string $then): \Closure => static function (string $folder) use ($then): mixed {
    posix_mkfifo("$folder/fifo", 0600);
    // The row begins when the shell has said that it is there.
    $process = proc_open(['sh', '-c', "echo up; sleep 0.1; cd $folder; $then"], [1 => ['pipe', 'w']], $pipes);
    fgets($pipes[1]);
    return [$process, $pipes];
};
$needs = ['extension:posix'];
$php = implode(' ', array_map(escapeshellarg(...), plain_php()));

return [
    new Row('fopen of a FIFO for reading', 'interposition', static function (): array {
        $file = fopen('fifo', 'r');
        return [stream_get_meta_data($file)['blocked'], fgets($file), fgets($file), feof($file)];
    }, waits: 0.05, setup: $fifo('echo line > fifo'), needs: $needs, compared: 'mode, lines, end'),
    new Row('fopen of a FIFO whose writer writes nothing', 'interposition', static function (): array {
        $file = fopen('fifo', 'r');
        return [fread($file, 10), feof($file)];
    }, waits: 0.05, setup: $fifo(': > fifo'), needs: $needs),
    new Row('fopen of a FIFO whose writer only opens it', 'interposition', static function (): array {
        $begun = hrtime(true);
        $file = fopen('fifo', 'r');
        $opened = hrtime(true) - $begun;
        $line = fgets($file);
        return [$line, $opened > 50e6, hrtime(true) - $begun - $opened > 100e6];
    }, waits: 0.2, setup: $fifo('exec 3> fifo; sleep 0.2; echo late >&3'), needs: $needs, compared: 'line, when fopen and fgets returned'),
    new Row('fopen of a FIFO for writing', 'interposition', static function (): array {
        $file = fopen('fifo', 'w');
        return [stream_get_meta_data($file)['blocked'], fwrite($file, "line\n"), fclose($file)];
    }, waits: 0.05, setup: $fifo('cat fifo > /dev/null'), needs: $needs),
    new Row('file_get_contents of a FIFO', 'plain file', static fn (): string => file_get_contents('fifo'), waits: 0.15,
        setup: $fifo('(echo one; sleep 0.1; echo two) > fifo'), needs: $needs),
    new Row('file_put_contents to a FIFO', 'plain file', static fn (): int => file_put_contents('fifo', str_repeat('x', 300_000)), waits: 0.15,
        setup: $fifo('(sleep 0.1; cat) < fifo > /dev/null'), needs: $needs),
    new Row('fread of a FIFO', 'plain file', static function (): array {
        $file = fopen('fifo', 'r');
        return [fread($file, 5), fread($file, 3), fread($file, 100), feof($file)];
    }, waits: 0.15, setup: $fifo('(printf abc; sleep 0.1; printf defghi) > fifo'), needs: $needs),
    ...array_map(static fn (string $statement): Row => new Row("$statement of a FIFO", 'plain file', static function () use ($statement): mixed {
        $file = $statement === 'include, by the include path,' ? 'fifo' : getcwd() . '/fifo';
        set_include_path(getcwd());
        // The warning ends with the reason of whatever failed last.
        @file_get_contents('none');
        return match ($statement) {
            'include', 'include, by the include path,' => include $file,
            'include_once' => include_once $file,
        };
    }, waits: 0.05, setup: $fifo(': > fifo'), needs: $needs, compared: 'refused, with the same warnings'), [
        'include', 'include, by the include path,', 'include_once',
    ]),
    new Row('a FIFO that does not block', 'plain file', static function (): array {
        $file = fopen('fifo', 'r+');
        stream_set_blocking($file, false);
        return [fread($file, 10), feof($file), stream_get_meta_data($file)['blocked']];
    }, setup: $fifo(':'), needs: $needs),
    new Row('fwrite to a pipe whose reader has gone', 'plain file', static function (): array {
        $process = proc_open(['sh', '-c', 'exec <&-; echo closed; sleep 0.05'], [['pipe', 'r'], ['pipe', 'w']], $pipes);
        fgets($pipes[1]);
        return [fwrite($pipes[0], 'x'), fclose($pipes[0])];
    }),
    new Row('stream_get_line of a pipe', 'plain file', static function (): array {
        $process = proc_open(['sh', '-c', 'printf a; sleep 0.05; printf ";b;"; sleep 0.05; printf c'], [1 => ['pipe', 'w']], $pipes);
        return [stream_get_line($pipes[1], 100, ';'), stream_get_line($pipes[1], 100, ';'), stream_get_line($pipes[1], 100, ';'), feof($pipes[1])];
    }, waits: 0.09),
    new Row('stream_copy_to_stream of a pipe', 'plain file', static function (): array {
        $process = proc_open(['sh', '-c', 'printf a; sleep 0.08; printf b'], [1 => ['pipe', 'w']], $pipes);
        $to = fopen('copy', 'w');
        return [stream_copy_to_stream($pipes[1], $to), file_get_contents('copy')];
    }, waits: 0.08),
    new Row('fgets(STDIN)', 'plain file', static fn (): array => [fgets(STDIN), fgets(STDIN), fgets(STDIN), feof(STDIN)], waits: 0.08,
        stdin: 'echo one; sleep 0.1; printf two'),
    new Row('stream_get_contents(STDIN)', 'plain file', static fn (): string => stream_get_contents(STDIN), waits: 0.08, stdin: 'echo one; sleep 0.1; printf two'),
    new Row('file_get_contents(php://stdin)', 'plain file', static fn (): string => file_get_contents('php://stdin'), waits: 0.08, stdin: 'echo one; sleep 0.1; printf two'),
    new Row('file(php://stdin)', 'plain file', static fn (): array => file('php://stdin'), waits: 0.08, stdin: 'echo one; sleep 0.1; printf two'),
    new Row('fscanf(STDIN)', 'plain file', static fn (): mixed => fscanf(STDIN, '%d %s'), waits: 0.08, stdin: 'printf "5 "; sleep 0.1; echo word'),
    new Row('readline of what is no terminal', 'interposition', static fn (): array => [readline(), readline(), readline()], waits: 0.08, needs: ['extension:readline'],
        stdin: 'echo one; sleep 0.1; printf tw; sleep 0.05; echo o'),
    new Row('fgetc(STDIN), stream_get_line(STDIN)', 'plain file', static fn (): array => [fgetc(STDIN), stream_get_line(STDIN, 10, ';'), fgetc(STDIN)], waits: 0.08,
        stdin: 'printf a; sleep 0.1; printf "bc;d"'),
    new Row('stream_select of a pipe', 'function', static function (): array {
        $process = proc_open(['sh', '-c', 'sleep 0.08; echo out'], [1 => ['pipe', 'w']], $pipes);
        [$read, $write, $except] = [[$pipes[1]], null, null];
        return [stream_select($read, $write, $except, 2), count($read), fgets($pipes[1])];
    }, waits: 0.08),
];
