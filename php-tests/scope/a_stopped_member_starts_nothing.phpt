--TEST--
A member that was asked to stop starts nothing that goes on, in no scope of its own either, unless in a shield
--FILE--
<?php
use Tusk\{Coroutine, Scope};
use function Tusk\go;
try {
    Scope::run(function (Scope $outer) {
        $outer->go(function () {
            try {
                Tusk\sleep(60);
            } finally {
                go(fn () => print("never: go()\n"));
                $inner = new Scope();
                $inner->go(fn () => print("never: an inner scope\n"));
                try { Tusk\run(fn () => print("never: run()\n")); } catch (Tusk\CancelledException) { echo "run() is refused\n"; }
                Coroutine::shield(function () {
                    go(fn () => print("in a shield: go()\n"))->join();
                    Scope::run(fn (Scope $s) => $s->go(fn () => print("in a shield: a scope\n"))->join());
                });
            }
        });
        Tusk\sleep(0);
        throw new LogicException('fails');
    });
} catch (LogicException $e) {
    echo $e->getMessage(), "\n";
}
echo Tusk\Runtime::stats()['coroutines'], " coroutine\n";
--EXPECT--
run() is refused
in a shield: go()
in a shield: a scope
fails
1 coroutine
