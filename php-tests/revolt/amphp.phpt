--TEST--
AMPHP's own tests of amp, pipeline and byte-stream pass on Tusk's driver
--CONFLICTS--
all
--SKIPIF--
<?php
require __DIR__ . '/../include/phpunit.inc';
foreach (['amphp/amp', 'amphp/pipeline', 'amphp/byte-stream'] as $package) {
    Tusk\Tests\skip_without_tests($package, 'test');
    Tusk\Tests\skip_without_package($package);
}
Tusk\Tests\skip_without_tests('amphp/phpunit-util', 'src');
?>
--FILE--
<?php
require __DIR__ . '/../include/phpunit.inc';

$bootstrap = <<<'PHP'
    Tusk\Autoload\psr4('Amp\\PHPUnit\\', Tusk\Autoload\find('amphp/phpunit-util') . '/src');
    foreach (['amphp/amp', 'amphp/pipeline', 'amphp/byte-stream'] as $package) {
        Tusk\Tests\load_package($package);
        $folder = Tusk\Autoload\find($package);
        $manifest = json_decode(file_get_contents("$folder/composer.json"), true);
        foreach ($manifest['autoload-dev']['psr-4'] ?? [] as $prefix => $tests) {
            Tusk\Autoload\psr4($prefix, "$folder/" . rtrim($tests, '/'));
        }
    }
    PHP;
foreach (['amp', 'pipeline', 'byte-stream'] as $package) {
    echo "$package: ";
    Tusk\Tests\run_phpunit(
        Tusk\Autoload\find("amphp/$package") . '/test',
        $bootstrap,
        // One test asks a server on the internet; some of the others are skipped by themselves.
        ['--filter', '/^(?!.*testUploadBiggerBlockSecure)/'],
        ['REVOLT_DRIVER' => 'Tusk\\Revolt\\Driver'],
    );
}
?>
--EXPECTF--
amp: OK
pipeline: OK
byte-stream: OK%A
