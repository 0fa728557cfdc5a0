--TEST--
Failures after a scope's first are at the end of its previous ones, and are not reported besides
--FILE--
<?php
use Tusk\Scope;

function chain(?Throwable $e): string
{
    for ($all = []; $e; $e = $e->getPrevious()) {
        $all[] = get_class($e) . ' ' . $e->getMessage();
    }
    return implode(' <- ', $all);
}
try {
    Scope::run(static function (Scope $scope): void {
        foreach (['second', 'third'] as $name) {
            $scope->go(static function () use ($name): void {
                try {
                    Tusk\sleep(60);
                } finally {
                    throw new LogicException($name);
                }
            });
        }
        $scope->go(static function (): void {
            throw new RuntimeException('first', 0, new Exception('its cause'));
        });
    });
} catch (RuntimeException $e) {
    echo chain($e), "\n";
}
// Those that end as they were asked to are no failures.
$scope = new Scope();
$scope->go(static fn () => Tusk\sleep(60));
$scope->go(static fn () => throw new RuntimeException('alone'));
try {
    $scope->join();
} catch (RuntimeException $e) {
    echo chain($e), "\n";
}
try {
    Tusk\parallel([static fn () => throw new RuntimeException('of parallel()'), static function (): void {
        try {
            Tusk\sleep(60);
        } finally {
            throw new LogicException('another');
        }
    }]);
} catch (RuntimeException | LogicException $e) {
    echo chain($e), "\n";
}
// A scope that nobody waits for reports each.
set_error_handler(static function (int $code, string $message): bool {
    echo preg_replace('/#\d+|\. .*| in \/.*/', '', $message), "\n";
    return true;
});
$scope = new Scope();
$scope->go(static fn () => throw new RuntimeException('nobody saw it'));
Tusk\sleep(0.001);
unset($scope);
?>
--EXPECTF--
RuntimeException first <- Exception its cause <- LogicException %s <- Tusk\CancelledException %s <- LogicException %s <- Tusk\CancelledException %s
RuntimeException alone
RuntimeException of parallel()
Uncaught RuntimeException in coroutine : nobody saw it
