--TEST--
Coroutines that wait for any child, for one and for a group: who is told, what they get, and who hears ECHILD
--EXTENSIONS--
pcntl
posix
--FILE--
<?php
require __DIR__ . '/../include/children.inc';
use function Tusk\Tests\{idle_child, waited_for};
use function Tusk\go;

$wait = static fn (int $pid, int $options = 0): Tusk\Coroutine => go(static function () use ($pid, $options): array {
    $result = pcntl_waitpid($pid, $status, $options, $usage);
    return [...waited_for($result, $status), isset($usage['ru_utime.tv_sec'])];
});
$none = [-1, null, PCNTL_ECHILD];

// Three wait for any, and there are two: each is told to one, and the third hears that none is left.
[$one, $two] = [idle_child(), idle_child()];
$any = [$wait(-1), $wait(-1), $wait(-1)];
Tusk\sleep(0);
posix_kill($two, SIGTERM);
posix_kill($one, SIGKILL);
$told = array_map(static fn ($waiting) => array_slice($waiting->join(), 0, 3), $any);
foreach ([[$one, SIGKILL, 0], [$two, SIGTERM, 0], $none] as $expected) {
    var_dump(in_array($expected, $told, true));
}

// Two wait for the same.
$child = idle_child();
$both = [$wait($child), $wait($child)];
Tusk\sleep(0);
posix_kill($child, SIGKILL);
$told = [$both[0]->join(), $both[1]->join()];
var_dump(in_array([$child, SIGKILL, 0, true], $told, true), in_array([...$none, false], array_map(static fn ($one) => [...array_slice($one, 0, 3), false], $told), true));

// A group's, and one's own group's, are none of those of others.
[$own, $leader] = [idle_child(), idle_child(0)];
$member = idle_child($leader);
[$of_own, $of_group, $of_group_too] = [$wait(0), $wait(-$leader), $wait(-$leader)];
Tusk\sleep(0);
posix_kill($member, SIGTERM);
posix_kill($leader, SIGTERM);
$told = [$of_group->join()[0], $of_group_too->join()[0]];
sort($told);
$both = [$leader, $member];
sort($both);
var_dump($told === $both, $of_own->isDone());
posix_kill($own, SIGTERM);
var_dump($of_own->join()[0] === $own);

// Stops and their end are told to who asks for them, and not to who waits for the end.
$child = idle_child();
$end = $wait($child);
$states = go(static function () use ($child): array {
    $seen = [];
    do {
        pcntl_waitpid($child, $status, WUNTRACED | WCONTINUED);
        $seen[] = $state = pcntl_wifstopped($status) ? 'stopped' : (pcntl_wifcontinued($status) ? 'goes on' : 'ended');
        posix_kill($child, ['stopped' => SIGCONT, 'goes on' => SIGKILL, 'ended' => 0][$state]);
    } while (count($seen) < 2);
    return $seen;
});
Tusk\sleep(0);
posix_kill($child, SIGSTOP);
echo implode(', ', $states->join()), "\n";
var_dump(array_slice($end->join(), 0, 2) === [$child, SIGKILL]);

// proc_close() takes the child that somebody else waits for too.
$process = proc_open(['sleep', '60'], [], $pipes);
$child = proc_get_status($process)['pid'];
$any = $wait(-1);
$close = go(static fn (): int => proc_close($process));
unset($process);
Tusk\sleep(0);
posix_kill($child, SIGKILL);
$status = $close->join();
$told = array_slice($any->join(), 0, 3);
// Whichever comes first: the other one hears that there is none.
var_dump($told === [$child, SIGKILL, 0] ? $status === -1 : $told === $none && $status === SIGKILL);

// Where nobody is to be told of children, a wait lasts until all have ended.
pcntl_signal(SIGCHLD, SIG_IGN);
$child = idle_child();
$any = $wait(-1);
Tusk\sleep(0);
posix_kill($child, SIGKILL);
var_dump(array_slice($any->join(), 0, 3) === $none);
?>
--EXPECT--
bool(true)
bool(true)
bool(true)
bool(true)
bool(true)
bool(true)
bool(false)
bool(true)
stopped, goes on
bool(true)
bool(true)
bool(true)
