--TEST--
RoadRunner's own package for jobs runs unchanged, from many coroutines at once
--DESCRIPTION--
PHP 8.4 finds how the packages mark parameters as nullable deprecated.
--INI--
error_reporting=E_ALL & ~E_DEPRECATED
--SKIPIF--
<?php
require __DIR__ . '/../include/autoload.inc';
require __DIR__ . '/../include/goridge.inc';
Tusk\Tests\skip_without_goridge_server();
Tusk\Tests\skip_without_goridge_php();
foreach (['google/protobuf', 'spiral/roadrunner-jobs', 'roadrunner-php/roadrunner-api-dto'] as $package) {
    Tusk\Autoload\find($package) ?? exit("skip the Composer package $package is neither in vendor/ nor in \$TUSK_PEERS");
}
?>
--FILE--
<?php
// Stands for ramsey/uuid, of which the package asks one name after the other.
namespace Ramsey\Uuid {
    interface UuidFactoryInterface
    {
    }
    final class UuidFactory implements UuidFactoryInterface
    {
        public static int $last = 0;

        public function uuid4(): string
        {
            return 'id' . ++self::$last;
        }
    }
}

namespace {
    require __DIR__ . '/../include/autoload.inc';
    require __DIR__ . '/../include/goridge.inc';
    Tusk\Tests\load_goridge_php();
    Tusk\Tests\load_package('google/protobuf');
    Tusk\Autoload\psr4('Spiral\RoadRunner\Jobs\\', Tusk\Autoload\find('spiral/roadrunner-jobs') . '/src');
    Tusk\Autoload\psr4('RoadRunner\\', Tusk\Autoload\find('roadrunner-php/roadrunner-api-dto') . '/generated/RoadRunner');

    use RoadRunner\Jobs\DTO\V1\{DeclareRequest, Pipelines, PushBatchRequest, PushRequest, Stat, Stats};
    use Spiral\RoadRunner\Jobs\Exception\JobsException;
    use Spiral\RoadRunner\Jobs\Jobs;
    use Spiral\RoadRunner\Jobs\Queue\MemoryCreateInfo;

    $address = Tusk\Tests\goridge_server(['--shuffle']);
    $raw = Tusk\Rpc\Goridge::connect($address, 'raw');
    $script = fn (string $method, string $body = '', int $flag = 128) => $raw->call('Test.Script', "$method:$flag:$body");
    $asked = static function (string $method, object $message) use ($raw): object {
        $message->mergeFromString($raw->call('Test.Asked', $method));
        return $message;
    };
    foreach (['Declare', 'Push', 'PushBatch', 'Pause', 'Resume'] as $method) {
        $script("jobs.$method");
    }
    $jobs = new Jobs(Tusk\Rpc\RoadRunner\Rpc::create($address));

    $queue = $jobs->create(new MemoryCreateInfo('mails', prefetch: 5));
    $declared = iterator_to_array($asked('jobs.Declare', new DeclareRequest())->getPipeline());
    echo $queue->getName(), ' ', $declared['driver'], ' ', $declared['prefetch'], "\n";

    $task = $queue->dispatch($queue->create('App\Send', '{"to":"ann"}')->withHeader('trace', 'x1')->withDelay(7));
    $job = $asked('jobs.Push', new PushRequest())->getJob();
    echo $task->getId(), ' ', $job->getId(), ' ', $job->getJob(), ' ', $job->getPayload(), ' ', $job->getHeaders()['trace']->getValue()[0], ' ',
        $job->getOptions()->getDelay(), ' ', $job->getOptions()->getPipeline(), "\n";
    $tasks = $queue->dispatchMany($queue->create('A', 'a'), $queue->create('B', 'b'));
    echo count($tasks), ' ', count($asked('jobs.PushBatch', new PushBatchRequest())->getJobs()), "\n";

    $queue->pause();
    $jobs->resume('mails', 'others');
    echo implode(',', iterator_to_array($asked('jobs.Pause', new Pipelines())->getPipelines())), ' ',
        implode(',', iterator_to_array($asked('jobs.Resume', new Pipelines())->getPipelines())), "\n";
    $script('jobs.List', (new Pipelines(['pipelines' => ['mails', 'others']]))->serializeToString());
    echo implode(',', array_keys(iterator_to_array($jobs))), "\n";
    $script('jobs.Stat', (new Stats(['stats' => [new Stat(['pipeline' => 'mails', 'ready' => false])]]))->serializeToString());
    var_dump($queue->isPaused());

    $all = [];
    for ($i = 0; $i < 50; $i++) {
        $all[] = Tusk\go(static function () use ($queue, $jobs): int {
            $right = 0;
            for ($call = 0; $call < 10; $call++) {
                $right += str_starts_with($queue->push('Many', "payload $call")->getId(), 'id');
                $right += count($jobs) === 2;
            }
            return $right;
        });
    }
    var_dump(array_sum(array_map(fn ($coroutine) => $coroutine->join(), $all)));

    // The service's error is the package's own.
    $script('jobs.Push', 'no such pipeline', 64 | 128);
    try {
        $queue->push('Lost', '');
    } catch (JobsException $error) {
        echo preg_replace('/127\.0\.0\.1:\d+/', 'HOST', $error->getMessage()), "\n";
    }
}
?>
--EXPECT--
mails memory 5
id1 id1 App\Send {"to":"ann"} x1 7 mails
2 2
mails mails,others
mails,others
bool(true)
int(1000)
Error 'no such pipeline' on tcp://HOST
