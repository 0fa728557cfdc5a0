<?php

declare(strict_types=1);

namespace Tusk\Rpc\RoadRunner;

use Tusk\ProtocolException;

/**
 * Protobuf messages of RoadRunner's services, written and read without generated classes.
 *
 * Source: protobuf.dev/programming-guides/encoding. A message is a list of fields; a value that
 * is its type's default is left out, as proto3 says.
 *
 * @internal
 */
final class Message
{
    private string $bytes = '';

    public function string(int $field, string $value): self
    {
        if ($value !== '') {
            $this->bytes .= self::varint($field << 3 | 2) . self::varint(strlen($value)) . $value;
        }
        return $this;
    }

    /** An int64, int32, uint64 or bool. */
    public function int(int $field, int $value): self
    {
        if ($value !== 0) {
            $this->bytes .= self::varint($field << 3) . self::varint($value);
        }
        return $this;
    }

    /** A message inside, written even when it is empty. */
    public function message(int $field, self $value): self
    {
        $this->bytes .= self::varint($field << 3 | 2) . self::varint(strlen($value->bytes)) . $value->bytes;
        return $this;
    }

    /** @param array<string, string> $map of strings to strings */
    public function map(int $field, array $map): self
    {
        foreach ($map as $key => $value) {
            $this->message($field, (new self())->string(1, (string) $key)->string(2, $value));
        }
        return $this;
    }

    public function bytes(): string
    {
        return $this->bytes;
    }

    /**
     * The values of each field in order: integers, or strings for what has a length.
     *
     * @return array<int, list<int|string>>
     */
    public static function read(string $bytes): array
    {
        $fields = [];
        $at = 0;
        while ($at < strlen($bytes)) {
            $tag = self::readVarint($bytes, $at);
            $fields[$tag >> 3][] = match ($tag & 7) {
                0 => self::readVarint($bytes, $at),
                1 => self::take($bytes, $at, 8),
                2 => self::take($bytes, $at, self::readVarint($bytes, $at)),
                5 => self::take($bytes, $at, 4),
                default => throw new ProtocolException('RoadRunner answered with a protobuf message that cannot be read: field '
                    . ($tag >> 3) . ' has the unknown wire type ' . ($tag & 7)),
            };
        }
        return $fields;
    }

    /** A negative number takes ten bytes, as two's complement of 64 bits. */
    private static function varint(int $value): string
    {
        $bytes = '';
        do {
            $low = $value & 0x7f;
            $value = ($value >> 7) & 0x01ff_ffff_ffff_ffff;
            $bytes .= chr($value === 0 ? $low : $low | 0x80);
        } while ($value !== 0);
        return $bytes;
    }

    private static function readVarint(string $bytes, int &$at): int
    {
        $value = 0;
        for ($shift = 0; $shift < 64; $shift += 7) {
            $byte = ord(self::take($bytes, $at, 1));
            $value |= ($byte & 0x7f) << $shift;
            if ($byte < 0x80) {
                return $value;
            }
        }
        throw new ProtocolException('RoadRunner answered with a protobuf message that cannot be read: a number is longer than 64 bits');
    }

    private static function take(string $bytes, int &$at, int $length): string
    {
        if ($length < 0 || $length > strlen($bytes) - $at) {
            throw new ProtocolException("RoadRunner answered with a protobuf message that cannot be read: it ends inside a field of $length bytes");
        }
        $part = substr($bytes, $at, $length);
        $at += $length;
        return $part;
    }
}
