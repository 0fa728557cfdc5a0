--TEST--
In a preload script go() says that it is not for here; the script after it has coroutines
--EXTENSIONS--
Zend OPcache
--FILE--
<?php
require __DIR__ . '/../include/process.inc';
$file = tempnam(sys_get_temp_dir(), 'tusk-preload');
file_put_contents($file, '<?php class Preloaded { public static function work() { Tusk\sleep(0.001); return "works"; } } try { Tusk\go(fn () => 1); echo "no exception\n"; } catch (Tusk\UnsupportedException $e) { echo "unsupported\n"; } Tusk\sleep(0.001); usleep(1);');
$load = extension_loaded('Zend OPcache') ? [] : ['-d', 'zend_extension=opcache'];
$arguments = [...$load, '-d', 'opcache.enable_cli=1', '-d', "opcache.preload=$file", '-d', 'opcache.preload_user=' . (posix_geteuid() === 0 ? 'nobody' : ''), '-r', 'echo Tusk\go("Preloaded::work")->join(), "\n"; Tusk\go(fn () => Tusk\sleep(0.001))->join(); echo "end\n";'];
chmod($file, 0644);
echo shell_exec(implode(' ', array_map('escapeshellarg', [...Tusk\Tests\php_with_tusk(), ...$arguments])) . ' 2>&1');
unlink($file);
?>
--EXPECT--
unsupported
works
end
