<?php
/** What a generator makes of a service with one method, over the package's BaseStub. */

declare(strict_types=1);

namespace Bench;

/** Stands for a protobuf message; turning it into bytes is not what is measured. */
final class EchoMessage
{
    public function __construct(public string $text = '')
    {
    }

    public function serializeToString(): string
    {
        return $this->text;
    }

    public function mergeFromString(string $bytes): void
    {
        $this->text = $bytes;
    }
}

class EchoClient extends \Grpc\BaseStub
{
    public function Echo(EchoMessage $argument, array $metadata = [], array $options = []): \Grpc\UnaryCall
    {
        return $this->_simpleRequest('/tusk.Test/Echo', $argument, [EchoMessage::class, 'decode'], $metadata, $options);
    }
}
