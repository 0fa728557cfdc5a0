<?php
/**
 * Loads this library, and Composer packages it can work with, where Composer did not.
 *
 * Tests, benches and examples run on machines that reach no registry. Packages are then
 * looked for in the clone's vendor/, in $TUSK_PEERS, and in ~/.local/share/tusk/peers,
 * each laid out as <vendor>/<package>. Applications use Composer's own autoloader.
 */

declare(strict_types=1);

namespace Tusk\Autoload;

/** Registers `prefix` => `folder` as PSR-4 says. */
function psr4(string $prefix, string $folder): void
{
    spl_autoload_register(static function (string $class) use ($prefix, $folder): void {
        if (str_starts_with($class, $prefix)) {
            $file = $folder . '/' . strtr(substr($class, strlen($prefix)), '\\', '/') . '.php';
            if (is_file($file)) {
                require $file;
            }
        }
    });
}

/** Folders that hold packages, those first that are asked first. */
function folders(): array
{
    $data = getenv('XDG_DATA_HOME') ?: getenv('HOME') . '/.local/share';
    return [dirname(__DIR__) . '/vendor', getenv('TUSK_PEERS') ?: "$data/tusk/peers"];
}

/** Where a package lies, or null. */
function find(string $package): ?string
{
    foreach (folders() as $folder) {
        if (is_file("$folder/$package/composer.json")) {
            return "$folder/$package";
        }
    }
    return null;
}

/** Makes a package and what it requires loadable; false when one of them is not there. */
function package(string $package): bool
{
    static $known = [];
    if (isset($known[$package])) {
        return $known[$package];
    }
    $known[$package] = true;
    $folder = find($package);
    if ($folder === null) {
        return $known[$package] = false;
    }
    $manifest = json_decode(file_get_contents("$folder/composer.json"), true, flags: JSON_THROW_ON_ERROR);
    foreach ($manifest['autoload']['psr-4'] ?? [] as $prefix => $paths) {
        foreach ((array) $paths as $path) {
            psr4($prefix, rtrim("$folder/$path", '/'));
        }
    }
    foreach (array_keys($manifest['require'] ?? []) as $needed) {
        // A slash is what tells packages from PHP and its extensions.
        if (str_contains($needed, '/') && !package($needed)) {
            return $known[$package] = false;
        }
    }
    foreach ($manifest['autoload']['files'] ?? [] as $file) {
        require_once "$folder/$file";
    }
    return true;
}

psr4('Tusk\\', __DIR__ . '/src');
// Where ext-grpc is loaded, its classes are there already and these are never asked for.
psr4('Grpc\\', __DIR__ . '/grpc');
require_once __DIR__ . '/grpc/constants.php';
