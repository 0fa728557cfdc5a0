--TEST--
Programs of random steps that interleave, and some of which are cancelled, give what they give one after the other in plain PHP
--DESCRIPTION--
Seeded: TUSK_SEED=n runs one other seed, TUSK_SEED=n-m several; TUSK_KINDS=a,b only these kinds of steps.
--FILE--
<?php
require __DIR__ . '/../include/http.inc';

use function Tusk\Tests\{http_server, php_with_tusk, plain_php, temporary_folder};

[$first, $last] = explode('-', (getenv('TUSK_SEED') ?: '1')) + [1 => null];
$url = http_server();
$jobs = 20;
$run = static function (array $php, int $seed) use ($url, $jobs): array {
    $folder = temporary_folder();
    $command = [...$php, '-d', 'display_errors=stderr', '-d', 'error_log=/dev/null', '-d', 'phar.readonly=0',
        __DIR__ . '/../include/mixture.php', (string) $seed, $folder, $url, (string) $jobs, '12'];
    $process = proc_open($command, [['file', '/dev/null', 'r'], ['pipe', 'w'], ['file', "$folder.errors", 'w']], $pipes);
    $output = stream_get_contents($pipes[1]);
    $status = proc_close($process);
    $errors = file_get_contents("$folder.errors");
    $logs = json_decode(str_replace($folder, '{folder}', (string) @file_get_contents("$folder/logs")), true);
    exec('rm -rf ' . escapeshellarg($folder) . ' ' . escapeshellarg("$folder.errors"));
    return $logs ?? ['failed' => "status $status: " . substr($output, -300) . $errors, 'logs' => [], 'twins' => []];
};
for ($seed = (int) $first; $seed <= (int) ($last ?? $first); $seed++) {
    $plain = $run(plain_php(), $seed);
    $tusk = $run(php_with_tusk(), $seed);
    foreach (['plain PHP' => $plain, 'Tusk' => $tusk] as $who => $logs) {
        if (isset($logs['failed'])) {
            echo "TUSK_SEED=$seed, $who: {$logs['failed']}\n";
        }
    }
    foreach ($plain['logs'] as $number => $log) {
        foreach ($log as $step => $gave) {
            $other = $tusk['logs'][$number][$step] ?? 'nothing';
            if ($other !== $gave) {
                echo "TUSK_SEED=$seed, program $number, step $step: plain PHP $gave; with Tusk $other\n";
            }
        }
        $twin = $tusk['twins'][$number] ?? [];
        foreach ($twin as $step => $gave) {
            $expected = str_replace("{folder}/$number", "{folder}/twin$number", $log[$step]);
            if ($gave !== $log[$step] && $gave !== $expected) {
                echo "TUSK_SEED=$seed, cancelled program $number, step $step: plain PHP $log[$step]; with Tusk $gave\n";
            }
        }
    }
}
echo "done\n";
?>
--EXPECT--
done
