--TEST--
RoadRunner's own logger package runs unchanged, from many coroutines at once
--SKIPIF--
<?php
require __DIR__ . '/../include/autoload.inc';
require __DIR__ . '/../include/goridge.inc';
Tusk\Tests\skip_without_goridge_server();
Tusk\Tests\skip_without_goridge_php();
foreach (['google/protobuf', 'roadrunner-php/app-logger', 'roadrunner-php/roadrunner-api-dto'] as $package) {
    Tusk\Autoload\find($package) ?? exit("skip the Composer package $package is neither in vendor/ nor in \$TUSK_PEERS");
}
?>
--FILE--
<?php
require __DIR__ . '/../include/autoload.inc';
require __DIR__ . '/../include/goridge.inc';
Tusk\Tests\load_goridge_php();
Tusk\Tests\load_package('google/protobuf');
Tusk\Autoload\psr4('RoadRunner\Logger\\', Tusk\Autoload\find('roadrunner-php/app-logger') . '/src');
Tusk\Autoload\psr4('RoadRunner\\', Tusk\Autoload\find('roadrunner-php/roadrunner-api-dto') . '/generated/RoadRunner');

use RoadRunner\AppLogger\DTO\V1\LogEntry;
use RoadRunner\Logger\Exception\LoggerException;
use RoadRunner\Logger\Logger;

$address = Tusk\Tests\goridge_server(['--shuffle']);
$raw = Tusk\Rpc\Goridge::connect($address, 'raw');
$script = fn (string $method, string $body, int $flag) => $raw->call('Test.Script', "$method:$flag:$body");
$asked = fn (string $method): string => $raw->call('Test.Asked', $method);
$logger = new Logger(Tusk\Rpc\RoadRunner\Rpc::create($address));

foreach (['error', 'warning', 'info', 'debug', 'log'] as $level) {
    $method = 'app.' . ucfirst($level);
    $script($method, 'true', 8);
    $script("{$method}WithContext", '', 128);
    $logger->$level("of $level");
    echo $asked($method), ' ';
    $logger->$level("of $level", ['user' => 'ann', 'tries' => 3, 'list' => [1, 2]]);
    $entry = new LogEntry();
    $entry->mergeFromString($asked("{$method}WithContext"));
    echo $entry->getMessage(), ':';
    foreach ($entry->getLogAttrs() as $attribute) {
        echo ' ', $attribute->getKey(), '=', $attribute->getValue();
    }
    echo "\n";
}

// The service's error is the package's own.
$script('app.Error', 'no plugin', 64 | 8);
try {
    $logger->error('lost');
} catch (LoggerException $error) {
    echo $error::class, ': ', preg_replace('/127\.0\.0\.1:\d+/', 'HOST', $error->getMessage()), "\n";
}

for ($i = 0; $i < 50; $i++) {
    $all[] = Tusk\go(function () use ($logger): int {
        for ($call = 0; $call < 10; $call++) {
            $logger->info('many', $call % 2 ? ['call' => $call] : []);
        }
        return $call;
    });
}
var_dump(array_sum(array_map(fn ($coroutine) => $coroutine->join(), $all)));
?>
--EXPECT--
"of error" of error: user=ann tries=3 list=[1,2]
"of warning" of warning: user=ann tries=3 list=[1,2]
"of info" of info: user=ann tries=3 list=[1,2]
"of debug" of debug: user=ann tries=3 list=[1,2]
"of log" of log: user=ann tries=3 list=[1,2]
RoadRunner\Logger\Exception\LoggerException: Error 'no plugin' on tcp://HOST
int(500)
