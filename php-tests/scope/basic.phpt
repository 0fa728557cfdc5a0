--TEST--
What is started in a scope has ended before run() or join() returns
--FILE--
<?php
use Tusk\Scope;
use function Tusk\go;
$result = Scope::run(function (Scope $scope) {
    foreach (['a', 'b'] as $name) {
        $scope->go(function (string $name) {
            Tusk\sleep(0);
            go(function () use ($name) {
                Tusk\sleep(0.001);
                go(fn () => print("grandchild of $name has ended\n"));
            });
            Tusk\run(fn () => go(fn () => Tusk\sleep(0.002)));
            echo "$name has ended\n";
        }, $name);
    }
    echo count($scope), " inside\n";
    return 'the result';
});
echo "$result\n";
$scope = new Scope();
$sum = $scope->go(fn (int $x, int $y) => $x + $y, 1, y: 2);
$scope->go(fn () => Tusk\sleep(0.001));
echo count($scope), " inside\n";
$scope->join();
echo count($scope), ' inside, ', $sum->join(), "\n";
$scope->go(fn () => print("it may be used again\n"));
$scope->join();
$scope->join();
// An inner scope that nobody joins counts for the outer one.
Scope::run(function (Scope $outer) {
    $outer->go(function () {
        $inner = new Scope();
        $inner->go(function () use ($inner) { Tusk\sleep(0.002); echo "the inner one has ended\n"; });
    });
});
echo "then the outer one\n";
--EXPECT--
3 inside
grandchild of a has ended
grandchild of b has ended
a has ended
b has ended
the result
2 inside
0 inside, 3
it may be used again
the inner one has ended
then the outer one
