<?php
/** What may stand in a batch, with ext-grpc's exceptions and their words. */

declare(strict_types=1);

namespace Grpc;

/** @internal */
final class CallBatch
{
    /** GRPC_CALL_ERROR_INVALID_METADATA; ext-grpc has no constant for it. */
    public const CALL_ERROR_INVALID_METADATA = 10;

    public static function check(array $batch): void
    {
        foreach ($batch as $operation => $value) {
            if (!\is_int($operation)) {
                throw new \InvalidArgumentException('batch keys must be integers', 1);
            }
            match ($operation) {
                OP_SEND_INITIAL_METADATA => self::checkMetadata($value),
                OP_SEND_MESSAGE => self::checkMessage($value),
                OP_SEND_CLOSE_FROM_CLIENT, OP_RECV_INITIAL_METADATA, OP_RECV_MESSAGE, OP_RECV_STATUS_ON_CLIENT => null,
                OP_SEND_STATUS_FROM_SERVER, OP_RECV_CLOSE_ON_SERVER => throw self::incorrect(CALL_ERROR_NOT_ON_CLIENT),
                default => throw new \InvalidArgumentException('Unrecognized key in batch', 1),
            };
        }
    }

    private static function checkMetadata(mixed $metadata): void
    {
        $bad = static fn () => new \InvalidArgumentException('Bad metadata value given', 1);
        \is_array($metadata) || throw $bad();
        foreach ($metadata as $name => $values) {
            // PHP makes integers of names that are digits.
            \is_array($values) || throw $bad();
            foreach ($values as $value) {
                \is_string($value) || throw $bad();
            }
        }
    }

    private static function checkMessage(mixed $message): void
    {
        if (!\is_array($message)) {
            throw new \InvalidArgumentException('Expected an array for send message', 1);
        }
        if (isset($message['flags']) && !\is_int($message['flags'])) {
            throw new \InvalidArgumentException('Expected an int for message flags', 1);
        }
        if (!\is_string($message['message'] ?? null)) {
            throw new \InvalidArgumentException('Expected a string for send message', 1);
        }
    }

    public static function incorrect(int $error, ?\Throwable $cause = null): \LogicException
    {
        return new \LogicException('start_batch was called incorrectly', $error, $cause);
    }

    public static function status(int $code, string $details, array $metadata = []): \stdClass
    {
        return (object) ['metadata' => $metadata, 'code' => $code, 'details' => $details];
    }
}
