--TEST--
The stubs that the Composer library ships declare what the extension does: the same names in the same namespaces
--FILE--
<?php
function described(string $php, string ...$arguments): array
{
    $command = $php . ' ' . implode(' ', array_map(escapeshellarg(...), [__DIR__ . '/describe.php', ...$arguments])) . ' 2>&1';
    return explode("\n", trim(shell_exec($command) ?? ''));
}
$declared = described(escapeshellarg(getenv('TEST_PHP_EXECUTABLE')) . ' -n', __DIR__ . '/../../php/stubs/tusk.php');
$there = described(getenv('TUSK_PHP'));
foreach (array_diff($there, $declared) as $line) {
    echo "not in the stubs: $line\n";
}
foreach (array_diff($declared, $there) as $line) {
    echo "only in the stubs: $line\n";
}
$classes = array_filter($there, static fn (string $line): bool => str_contains($line, ' extends '));
$namespaces = array_unique(array_map(static fn (string $line): string => substr($line, 0, strrpos(strstr($line, ' ', true), '\\')), $classes));
sort($namespaces);
echo implode(' ', $namespaces), "\n", count($classes) > 40 ? "all of them\n" : "too few classes\n";
?>
--EXPECT--
Tusk Tusk\Device Tusk\Grpc Tusk\Infer Tusk\Pool Tusk\Rpc
all of them
