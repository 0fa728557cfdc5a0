--TEST--
include_once of a source that another coroutine is still opening or reading waits for its code
--FILE--
<?php
/** Sources that take a while to be opened and read; "none" is not there, "throws" throws. */
final class Slow
{
    public static string|false $thrown = false;
    public $context;
    private string $left = '';

    public function stream_open(string $path, string $mode, int $options, ?string &$opened): bool
    {
        Tusk\sleep(0.01);
        $name = substr($path, strlen('slow://'));
        $this->left = match ($name) {
            'class' => '<?php final class FromSlow {} Tusk\sleep(0.01); return 5;',
            'throws' => '<?php if (!Slow::$thrown) throw new Exception(Slow::$thrown = "the first");',
            'itself' => '<?php return [__LINE__, include_once "slow://itself"];',
            default => '',
        };
        return $name !== 'none';
    }

    public function stream_read(int $count): string
    {
        Tusk\sleep(0.01);
        [$read, $this->left] = [$this->left, ''];
        return $read;
    }

    public function stream_eof(): bool
    {
        return $this->left === '';
    }

    public function stream_stat(): array
    {
        return [];
    }

    public function stream_set_option(): bool
    {
        return false;
    }
}
stream_wrapper_register('slow', Slow::class);

$three = static function (string $url): void {
    $include = static function () use ($url): string {
        try {
            return json_encode(@include_once $url) . (class_exists('FromSlow', false) ? ' and the class' : '');
        } catch (Exception $thrown) {
            return $thrown->getMessage();
        }
    };
    $all = [Tusk\go($include), Tusk\go($include), Tusk\go($include)];
    $results = array_map(static fn (Tusk\Coroutine $one): string => $one->join(), $all);
    echo $url, ': ', implode(', ', $results), "\n";
};
$three('slow://itself');
$three('slow://none');
$three('slow://class');
$three('slow://class');
$three('slow://throws');

// One that is given up while it opens leaves nothing behind that others would wait for.
$first = Tusk\go(static fn (): mixed => include_once 'slow://given-up');
Tusk\sleep(0.001);
$second = Tusk\go(static fn (): mixed => include_once 'slow://given-up');
Tusk\sleep(0.001);
$first->cancel();
echo json_encode($second->join()), "\n";
?>
--EXPECT--
slow://itself: [1,true], true, true
slow://none: false, false, false
slow://class: 5 and the class, true and the class, true and the class
slow://class: true and the class, true and the class, true and the class
slow://throws: the first, true and the class, true and the class
1
