--TEST--
A class whose parent is being loaded is there for its own autoloader, as in plain PHP, and is waited for by others
--FILE--
<?php
use function Tusk\go;

interface Shape {}

spl_autoload_register(static function (string $class): void {
    if ($class === 'Base') {
        // Compiled while B exists and is not linked: what it returns is looked at when B is.
        eval('class X { function shape(): Shape {} } class Y extends X { function shape(): B {} }');
        Tusk\sleep(0.01);
        eval('class Base { function from(): string { return "B, loaded once"; } }');
    }
    echo "$class was asked for\n";
});

$first = go(static function (): void {
    eval('class B extends Base implements Shape {}');
    echo (new B())->from(), "\n";
});
$second = go(static function (): void {
    echo class_exists('B', false) ? "seen too early\n" : "not there yet\n";
    echo (new B())->from(), "\n";
});
$first->join();
$second->join();
echo (new ReflectionMethod('Y', 'shape'))->getReturnType(), "\n";

// The same name, declared by another coroutine meanwhile: an error, as it is when a file is included twice.
spl_autoload_register(static function (string $class): void {
    if ($class === 'Parent1') {
        Tusk\sleep(0.01);
        eval('class Parent1 {}');
    }
});
$late = go(static function (): void { eval('class Twice extends Parent1 {}'); });
go(static function (): void { eval('class Twice {}'); });
$late->join();
?>
--EXPECTF--
not there yet
Base was asked for
B, loaded once
B, loaded once
B
Parent1 was asked for

Fatal error: Cannot declare class Twice, because the name is already in use in %s on line %d
