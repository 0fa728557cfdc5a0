<?php
/**
 * webman's plugin: copies config/plugin/tusk/tusk into the application and chooses the loop
 * in its config/server.php. What was changed there by hand is left alone.
 */

declare(strict_types=1);

namespace Tusk\Webman;

use Tusk\Workerman\EventLoop;

final class Install
{
    public const WEBMAN_PLUGIN = true;

    private const CONFIG = 'config/plugin/tusk/tusk';

    /** The setting as webman has it, and as it is with Tusk. */
    private const NONE = "/'event_loop'(\s*)=>(\s*)''/";
    private const OURS = "'event_loop'\$1=>\$2\\" . EventLoop::class . '::class';

    public static function install(): void
    {
        foreach (glob(__DIR__ . '/' . self::CONFIG . '/*.php') as $file) {
            self::copy($file, base_path() . '/' . self::CONFIG . '/' . basename($file));
        }
        self::edit(self::NONE, self::OURS, 'chose the event loop of Tusk');
    }

    public static function update(): void
    {
        self::install();
    }

    public static function uninstall(): void
    {
        foreach (glob(base_path() . '/' . self::CONFIG . '/*.php') as $file) {
            unlink($file);
        }
        @rmdir(base_path() . '/' . self::CONFIG);
        $ours = "/'event_loop'(\s*)=>(\s*)\\\\?" . preg_quote(EventLoop::class, '/') . '::class/';
        self::edit($ours, "'event_loop'\$1=>\$2''", 'chose no event loop');
    }

    /** A file that is there already may have been changed by hand. */
    private static function copy(string $from, string $to): void
    {
        if (is_file($to)) {
            return;
        }
        if (!is_dir(dirname($to))) {
            mkdir(dirname($to), 0777, true);
        }
        copy($from, $to);
        echo 'Create ', substr($to, strlen(base_path()) + 1), "\n";
    }

    private static function edit(string $pattern, string $replacement, string $done): void
    {
        $file = base_path() . '/config/server.php';
        $source = is_file($file) ? file_get_contents($file) : '';
        $edited = preg_replace($pattern, $replacement, $source, 1, $count);
        if ($count === 1) {
            file_put_contents($file, $edited);
            echo "config/server.php: $done\n";
        } elseif (!str_contains($source, EventLoop::class)) {
            echo "config/server.php names another event loop, which was left; Tusk's is ", EventLoop::class, "\n";
        }
    }
}
