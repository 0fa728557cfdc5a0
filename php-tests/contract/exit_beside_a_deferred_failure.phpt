--TEST--
exit() in a coroutine ends the script also when something that was deferred throws
--FILE--
<?php
Tusk\go(static function (): void {
    Tusk\Coroutine::defer(static fn () => throw new Exception('deferred'));
    exit("ends here\n");
});
usleep(1000);
echo "the main script went on\n";
?>
--EXPECT--
ends here
