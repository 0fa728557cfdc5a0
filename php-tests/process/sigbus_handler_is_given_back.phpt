--TEST--
Who handled SIGBUS before the first coroutine does so again when the extension has gone
--SKIPIF--
<?php if (!trim((string) shell_exec('command -v cc'))) echo 'skip needs a C compiler (cc)'; ?>
--FILE--
<?php
require __DIR__ . '/../include/process.inc';
$folder = Tusk\Tests\temporary_folder();
file_put_contents("$folder/bus.c", <<<'C'
    #include <signal.h>
    #include <stdlib.h>
    #include <string.h>
    #include <unistd.h>
    static void say(const char *text) { if (write(STDOUT_FILENO, text, strlen(text)) < 0) { _exit(1); } }
    static void handled(int number) { (void) number; say("theirs\n"); }
    __attribute__((constructor)) static void start(void) { signal(SIGBUS, handled); }
    __attribute__((destructor)) static void end(void) { raise(SIGBUS); say("lived on\n"); }
    C);
passthru("cc -shared -fPIC -o $folder/bus.so $folder/bus.c 2>&1");
foreach (['Tusk\go(fn () => 1)->join();', 'echo "no coroutine\n";'] as $script) {
    passthru("LD_PRELOAD=$folder/bus.so exec " . getenv('TUSK_PHP') . ' -r ' . escapeshellarg($script) . ' 2>&1');
}
?>
--EXPECT--
theirs
lived on
no coroutine
theirs
lived on
