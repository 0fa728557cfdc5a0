--TEST--
info() says what runs here and why
--FILE--
<?php
$info = Tusk\Runtime::info();
foreach (['version', 'php', 'enabled', 'driver', 'other_driver', 'kernel', 'stacks', 'hooks'] as $key) {
    echo $key, ': ', is_string($info[$key] ?? null) && $info[$key] !== '' ? 'said' : 'missing', "\n";
}
echo $info['enabled'], ' ', $info['php'] === PHP_VERSION ? 'this PHP' : $info['php'], "\n";
echo in_array($info['driver'], ['uring', 'epoll'], true) ? 'a driver' : $info['driver'], "\n";
$forced = getenv('TUSK_DRIVER');
echo !$forced || $forced === $info['driver'] ? 'the one that was asked for' : "$forced was asked for", "\n";
ob_start();
(new ReflectionExtension('tusk'))->info();
echo str_contains(ob_get_clean(), 'tusk.max_coroutines') ? 'phpinfo() has the settings' : 'phpinfo() lacks them', "\n";
?>
--EXPECT--
version: said
php: said
enabled: said
driver: said
other_driver: said
kernel: said
stacks: said
hooks: said
yes this PHP
a driver
the one that was asked for
phpinfo() has the settings
