<?php
/**
 * The constants of ext-grpc, with its numbers (grpc/grpc, include/grpc/impl). Where that
 * extension is loaded, they are its own.
 */

declare(strict_types=1);

namespace Grpc;

if (!\defined('Grpc\STATUS_OK')) {
    foreach ([
        'CALL_OK' => 0, 'CALL_ERROR' => 1, 'CALL_ERROR_NOT_ON_SERVER' => 2, 'CALL_ERROR_NOT_ON_CLIENT' => 3,
        'CALL_ERROR_ALREADY_INVOKED' => 5, 'CALL_ERROR_NOT_INVOKED' => 6, 'CALL_ERROR_ALREADY_FINISHED' => 7,
        'CALL_ERROR_TOO_MANY_OPERATIONS' => 8, 'CALL_ERROR_INVALID_FLAGS' => 9,
        'WRITE_BUFFER_HINT' => 1, 'WRITE_NO_COMPRESS' => 2,
        'STATUS_OK' => 0, 'STATUS_CANCELLED' => 1, 'STATUS_UNKNOWN' => 2, 'STATUS_INVALID_ARGUMENT' => 3,
        'STATUS_DEADLINE_EXCEEDED' => 4, 'STATUS_NOT_FOUND' => 5, 'STATUS_ALREADY_EXISTS' => 6,
        'STATUS_PERMISSION_DENIED' => 7, 'STATUS_RESOURCE_EXHAUSTED' => 8, 'STATUS_FAILED_PRECONDITION' => 9,
        'STATUS_ABORTED' => 10, 'STATUS_OUT_OF_RANGE' => 11, 'STATUS_UNIMPLEMENTED' => 12, 'STATUS_INTERNAL' => 13,
        'STATUS_UNAVAILABLE' => 14, 'STATUS_DATA_LOSS' => 15, 'STATUS_UNAUTHENTICATED' => 16,
        'OP_SEND_INITIAL_METADATA' => 0, 'OP_SEND_MESSAGE' => 1, 'OP_SEND_CLOSE_FROM_CLIENT' => 2,
        'OP_SEND_STATUS_FROM_SERVER' => 3, 'OP_RECV_INITIAL_METADATA' => 4, 'OP_RECV_MESSAGE' => 5,
        'OP_RECV_STATUS_ON_CLIENT' => 6, 'OP_RECV_CLOSE_ON_SERVER' => 7,
        'CHANNEL_IDLE' => 0, 'CHANNEL_CONNECTING' => 1, 'CHANNEL_READY' => 2, 'CHANNEL_TRANSIENT_FAILURE' => 3,
        'CHANNEL_FATAL_FAILURE' => 4,
    ] as $name => $number) {
        \define("Grpc\\$name", $number);
    }
}
