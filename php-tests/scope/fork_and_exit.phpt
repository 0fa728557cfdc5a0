--TEST--
Scopes in the child of a fork, at the end of the script, and after exit()
--EXTENSIONS--
pcntl
--FILE--
<?php
require __DIR__ . '/../include/attempt.inc';
use function Tusk\Tests\attempt;
use Tusk\Scope;
$scope = new Scope();
$scope->go(function () { try { Tusk\sleep(60); } finally { echo "the parent's finally\n"; } });
Tusk\sleep(0);
if (($pid = pcntl_fork()) === 0) {
    echo 'child: ', count($scope), " inside\n";
    attempt('child: go', fn () => $scope->go(fn () => 1));
    attempt('child: join', fn () => $scope->join());
    attempt('child: its own', fn () => Scope::run(fn (Scope $s) => $s->go(fn () => 'works')->join()));
    exit;
}
pcntl_waitpid($pid, $status);
echo $status, "\n";
Scope::run(function (Scope $s) {
    $s->go(function () {
        if (($pid = pcntl_fork()) === 0) {
            Tusk\sleep(0.001);
            echo "child of a member\n";
            return;
        }
        pcntl_waitpid($pid, $status);
    });
});
echo "parent goes on\n";
Tusk\go(fn () => Scope::run(function (Scope $s) {
    $s->go(function () { try { Tusk\sleep(60); } finally { echo "a member's finally at exit\n"; } });
    try { Tusk\sleep(60); } finally { echo "the body's finally at exit\n"; }
}));
Tusk\sleep(0.001);
exit("exit\n");
--EXPECT--
child: 0 inside
child: go: Tusk\MisuseError: the scope was opened before the fork: its coroutines are the parent's; open one in the child
child: join: Tusk\MisuseError: the scope was opened before the fork: its coroutines are the parent's; open one in the child
child: its own: "works"
0
child of a member
parent goes on
exit
the parent's finally
the body's finally at exit
a member's finally at exit
