<?php
/**
 * Prints what Tusk declares: classes with their ancestors, constants, properties and methods, and functions, each with
 * parameters and types. With a file, of what that file declares in a PHP without Tusk; else of the extension.
 */

declare(strict_types=1);

$file = $argv[1] ?? null;
if ($file !== null) {
    extension_loaded('tusk') && exit("the extension is loaded here too\n");
    $before = get_declared_classes();
    $interfaces = get_declared_interfaces();
    require $file;
    $classes = [...array_diff(get_declared_classes(), $before), ...array_diff(get_declared_interfaces(), $interfaces)];
    $functions = get_defined_functions()['user'];
} else {
    $extension = new ReflectionExtension('tusk');
    $classes = $extension->getClassNames();
    $functions = array_keys($extension->getFunctions());
}

$line = static function (ReflectionFunctionAbstract $function): string
{
    $parameters = [];
    foreach ($function->getParameters() as $parameter) {
        $default = $parameter->isDefaultValueAvailable() ? ' = ' . var_export($parameter->getDefaultValue(), true) : '';
        $parameters[] = $parameter->getType() . ' ' . ($parameter->isPassedByReference() ? '&' : '') . ($parameter->isVariadic() ? '...' : '')
            . $parameter->name . $default;
    }
    return $function->name . '(' . implode(', ', $parameters) . '): ' . ($function->getReturnType() ?? $function->getTentativeReturnType());
};

$lines = [];
foreach ($functions as $name) {
    $function = new ReflectionFunction($name);
    $lines[] = "function " . $line($function);
}
foreach ($classes as $name) {
    $class = new ReflectionClass($name);
    $interfaces = $class->getInterfaceNames();
    sort($interfaces);
    $parent = $class->getParentClass();
    $lines[] = "$class->name" . ($class->isFinal() ? ' final' : '') . ($class->isInterface() ? ' interface' : '') . ' extends '
        . ($parent ? $parent->name : '-') . ' implements ' . implode(' ', $interfaces);
    foreach ($class->getReflectionConstants() as $constant) {
        $constant->class === $class->name && $lines[] = "$class->name::$constant->name = " . var_export($constant->getValue(), true);
    }
    foreach ($class->getProperties(ReflectionProperty::IS_PUBLIC) as $property) {
        $property->class === $class->name && $lines[] = "$class->name::\$$property->name " . $property->getType();
    }
    foreach ($class->getMethods() as $method) {
        $modifiers = implode(' ', array_diff(Reflection::getModifierNames($method->getModifiers()), ['final', 'abstract']));
        $method->class === $class->name && $lines[] = "$class->name $modifiers " . $line($method);
    }
}
sort($lines);
echo implode("\n", $lines), "\n";
