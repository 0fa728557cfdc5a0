--TEST--
Where no descriptor is left for a driver, the first wait says so, and not that there is a deadlock
--FILE--
<?php
preg_match('~/\S+/libtusk\.so~', file_get_contents('/proc/self/maps'), $found);
$code = <<<'PHP'
    Tusk\go(fn () => Tusk\sleep(0.001));
    try {
        Tusk\sleep(0.002);
        echo "done";
    } catch (Throwable $error) {
        echo get_class($error), ': ', $error->getMessage();
    }
    PHP;
$said = [];
foreach (range(3, 12) as $limit) {
    // Below some number PHP itself does not start, and says nothing of Tusk's.
    $php = sprintf('ulimit -n %d; exec %s -n -d extension=%s -r %s', $limit, getenv('TEST_PHP_EXECUTABLE'), $found[0], escapeshellarg($code));
    $said[] = (string) shell_exec("($php) 2>/dev/null </dev/null");
}
$said = array_values(array_filter($said));
echo array_shift($said), "\n";
echo implode(' ', array_unique(array_slice($said, -5))), "\n";
echo count(preg_grep('/deadlock/', $said)), " speak of a deadlock\n";
?>
--EXPECTF--
Tusk\OverloadedException: cannot open %s (EMFILE: Too many open files); raise the limit on open files (ulimit -n)
done
0 speak of a deadlock
