--TEST--
Batcher: what cannot be is refused by name
--FILE--
<?php
declare(strict_types=1);
require __DIR__ . '/../include/attempt.inc';
use function Tusk\Tests\attempt;
use Tusk\Infer\{Batcher, BatchWorker};
$same = fn ($list) => $list;
attempt('no executor', fn () => new Batcher());
attempt('not callable', fn () => new Batcher('no_such_function'));
attempt('batch of none', fn () => new Batcher($same, maxBatch: 0));
attempt('negative', fn () => new Batcher($same, maxBatch: -1));
attempt('no number', fn () => new Batcher($same, maxBatch: '8'));
attempt('delay', fn () => new Batcher($same, maxDelay: -0.5));
attempt('preferred', fn () => new Batcher($same, preferred: [64]));
attempt('preferred word', fn () => new Batcher($same, preferred: ['many']));
attempt('instances', fn () => new Batcher($same, instances: 0));
attempt('priority', fn () => new Batcher($same, priorities: 2, defaultPriority: 3));
attempt('policy key', fn () => new Batcher($same, policies: ['high' => []]));
attempt('policy action', fn () => new Batcher($same, policies: [1 => ['action' => 'drop']]));
attempt('policy option', fn () => new Batcher($same, policies: [1 => ['size' => 3]]));
attempt('policy timeout', fn () => new Batcher($same, policies: [1 => ['timeout' => -1]]));
attempt('policy of nobody', fn () => new Batcher($same, policies: [2 => []]));
attempt('unknown', fn () => new Batcher($same, size: 3));
$batcher = new Batcher($same, maxDelay: 0.0);
attempt('inputs', fn () => $batcher->infer('text'));
attempt('timeout', fn () => $batcher->infer([], -1.0));
attempt('priority 2', fn () => $batcher->infer([], null, 2));
attempt('priority -1', fn () => $batcher->infer([], null, -1));
attempt('twice', fn () => $batcher->__construct($same));
attempt('clone', fn () => clone $batcher);
attempt('serialize', fn () => serialize($batcher));
attempt('worker', fn () => new BatchWorker());
attempt('good', fn () => $batcher->infer(['a' => 1]));
$batcher->close();
attempt('closed', fn () => $batcher->infer([]));
?>
--EXPECTF--
no executor: ArgumentCountError: Tusk\Infer\Batcher::__construct() expects at least 1 argument, 0 given
not callable: TypeError: Tusk\Infer\Batcher::__construct(): Argument #1 ($executor) must be a valid callback, function "no_such_function" not found or invalid function name
batch of none: Tusk\MisuseError: cannot make a batcher: maxBatch is 0, and must be from 1 to 65536
negative: ValueError: Tusk\Infer\Batcher::__construct(): Argument #2 ($maxBatch) must be a number that is not negative
no number: TypeError: Tusk\Infer\Batcher::__construct(): Argument #2 ($maxBatch) must be of type int, string given
delay: ValueError: Tusk\Infer\Batcher::__construct(): Argument #3 ($maxDelay) must be zero or more seconds, -0.5 given
preferred: Tusk\MisuseError: cannot make a batcher: a preferred size is 64, and must be from 1 to 32
preferred word: ValueError: Tusk\Infer\Batcher::__construct(): Argument #4 ($preferred) must be a list of numbers
instances: Tusk\MisuseError: cannot make a batcher: instances is 0, and must be from 1 to 256
priority: Tusk\MisuseError: cannot make a batcher: defaultPriority is 3, and must be from 1 to 2
policy key: ValueError: Tusk\Infer\Batcher::__construct(): Argument #9 ($policies) must have priorities as its keys, or 0 for all others
policy action: ValueError: Tusk\Infer\Batcher::__construct(): Argument #9 ($policies) has the option "action", which must be "reject" or "delay"
policy option: ValueError: Tusk\Infer\Batcher::__construct(): Argument #9 ($policies) has the option "size", which is unknown; known are action, timeout, allowOverride, maxQueueSize
policy timeout: ValueError: Tusk\Infer\Batcher::__construct(): Argument #9 ($policies) has the option "timeout", which must be zero (none) or more seconds
policy of nobody: Tusk\MisuseError: cannot make a batcher: a policy's priority is 2, and must be from 1 to 1
unknown: Error: Unknown named parameter $size
inputs: TypeError: Tusk\Infer\Batcher::infer(): Argument #1 ($inputs) must be of type array, string given
timeout: ValueError: Tusk\Infer\Batcher::infer(): Argument #2 ($timeout) must be zero or more seconds, -1 given
priority 2: Tusk\MisuseError: cannot queue an inference: priority 2 is not there; the batcher has 1 (most urgent) to 1
priority -1: ValueError: Tusk\Infer\Batcher::infer(): Argument #3 ($priority) must be a number that is not negative
twice: Tusk\MisuseError: the constructor of this object was already called
clone: Error: Trying to clone an uncloneable object of class Tusk\Infer\Batcher
serialize: Exception: Serialization of 'Tusk\Infer\Batcher' is not allowed
worker: Tusk\MisuseError: a BatchWorker is made by a Tusk\Infer\Batcher when it has something to run
good: {"a":1}
closed: Tusk\MisuseError: cannot queue an inference: the batcher was closed
