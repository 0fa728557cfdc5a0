<?php

declare(strict_types=1);

namespace Tusk\Rpc\RoadRunner;

use Spiral\Goridge\Exception\TransportException;
use Spiral\Goridge\RPC\AsyncRPCInterface;
use Spiral\Goridge\RPC\Codec\JsonCodec;
use Spiral\Goridge\RPC\Codec\MsgpackCodec;
use Spiral\Goridge\RPC\Codec\ProtobufCodec;
use Spiral\Goridge\RPC\Codec\RawCodec;
use Spiral\Goridge\RPC\CodecInterface;
use Spiral\Goridge\RPC\Exception\CodecException;
use Spiral\Goridge\RPC\Exception\RPCException;
use Spiral\Goridge\RPC\Exception\ServiceException;
use Tusk\CancelledException;
use Tusk\Channel;
use Tusk\ConnectionException;
use Tusk\Failure;
use Tusk\MisuseError;
use Tusk\OverloadedException;
use Tusk\ProtocolException;
use Tusk\RemoteException;
use Tusk\Rpc\Future;
use Tusk\Rpc\Goridge;
use Tusk\TimeoutException;

use function Tusk\go;

/**
 * What goridge-php's own RPC and MultiRPC are, on one connection that any number of
 * coroutines share. RoadRunner's packages (KV, jobs, lock, metrics, logger) take it as it is.
 *
 * Failures are goridge-php's exceptions, with Tusk's as their previous ones. A
 * CancelledException passes through: it is the coroutine's own.
 */
final class Rpc implements AsyncRPCInterface
{
    /** Bound of answers that were asked for by callAsync() and never fetched, as in MultiRPC. */
    private const PENDING = 10_000;

    private readonly Goridge $coded;
    /** Does the extension encode? Otherwise the codec does, and its bytes are sent. */
    private readonly bool $native;
    private ?string $service = null;
    /** @var \ArrayObject<int, array{Future, string}> shared by all that came from one another */
    private readonly \ArrayObject $pending;
    private static int $lastId = 0;

    public function __construct(private Goridge $client, private CodecInterface $codec = new JsonCodec(), ?\ArrayObject $pending = null)
    {
        $this->pending = $pending ?? new \ArrayObject();
        $name = match (true) {
            $codec instanceof JsonCodec => 'json',
            $codec instanceof ProtobufCodec => 'protobuf',
            $codec instanceof RawCodec => 'raw',
            $codec instanceof MsgpackCodec => 'msgpack',
            default => null,
        };
        $this->native = $name !== null;
        $this->coded = $client->withCodec($name ?? 'bytes:' . $codec->getIndex());
    }

    /** A client of `tcp://host:port`, `unix://path` or `pipes://stdin:stdout`; it connects with the first call. */
    public static function create(string $connection, CodecInterface $codec = new JsonCodec()): self
    {
        return new self(Goridge::connect($connection, options: ['lazy' => true]), $codec);
    }

    public function withServicePrefix(string $service): self
    {
        $rpc = new self($this->client, $this->codec, $this->pending);
        $rpc->service = $service;
        return $rpc;
    }

    public function withCodec(CodecInterface $codec): self
    {
        $rpc = new self($this->client, $codec, $this->pending);
        $rpc->service = $this->service;
        return $rpc;
    }

    public function call(string $method, mixed $payload, mixed $options = null): mixed
    {
        $method = $this->method($method);
        $payload = $this->encode($payload);
        return $this->decode($method, fn (): mixed => $this->coded->call($method, $payload, null, $this->into($options)), $options);
    }

    public function callIgnoreResponse(string $method, mixed $payload): void
    {
        $method = $this->method($method);
        $payload = $this->encode($payload);
        $this->translate($method, fn () => $this->coded->callIgnoreResponse($method, $payload));
    }

    public function callAsync(string $method, mixed $payload): int
    {
        $method = $this->method($method);
        $payload = $this->encode($payload);
        $future = $this->translate($method, fn (): Future => $this->coded->callAsync($method, $payload));
        if (count($this->pending) >= self::PENDING) {
            $this->forgetOldest();
        }
        $id = ++self::$lastId;
        $this->pending[$id] = [$future, $method];
        return $id;
    }

    public function hasResponse(int $seq): bool
    {
        return isset($this->pending[$seq]) && $this->pending[$seq][0]->isReady();
    }

    public function hasResponses(array $seqs): array
    {
        return array_values(array_filter($seqs, $this->hasResponse(...)));
    }

    public function getResponse(int $seq, mixed $options = null): mixed
    {
        [$future, $method] = $this->pending[$seq] ?? throw new RPCException("There is no call with the number $seq: its response was fetched already, "
            . 'or dropped because ' . self::PENDING . ' others were not fetched');
        unset($this->pending[$seq]);
        return $this->decode($method, fn (): mixed => $future->await(null, $this->into($options)), $options);
    }

    public function getResponses(array $seqs, mixed $options = null): iterable
    {
        $left = array_flip($seqs);
        while ($left !== []) {
            $ready = $this->hasResponses(array_keys($left)) ?: [$this->first(array_keys($left))];
            foreach ($ready as $seq) {
                unset($left[$seq]);
                yield $seq => $this->getResponse($seq, $options);
            }
        }
    }

    /** Waits until one of several calls is ready: a coroutine waits for each. */
    private function first(array $seqs): int
    {
        $ready = new Channel(count($seqs));
        $waiting = [];
        foreach ($seqs as $seq) {
            $waiting[] = go(function () use ($seq, $ready): void {
                try {
                    ($this->pending[$seq][0] ?? null)?->await();
                } catch (Failure) {
                    // Whoever fetches the response is told.
                }
                $ready->send($seq);
            });
        }
        try {
            return $ready->receive();
        } finally {
            foreach ($waiting as $coroutine) {
                $coroutine->cancel();
            }
            foreach ($waiting as $coroutine) {
                try {
                    $coroutine->join();
                } catch (CancelledException) {
                    // As it was asked to.
                }
            }
        }
    }

    private function method(string $method): string
    {
        return $this->service === null ? $method : $this->service . '.' . ucfirst($method);
    }

    private function encode(mixed $payload): mixed
    {
        if ($this->codec instanceof RawCodec && !is_string($payload)) {
            throw new CodecException(sprintf('Only string payloads can be send using RawCodec, %s given', gettype($payload)));
        }
        return $this->native ? $payload : $this->codec->encode($payload);
    }

    /** What the extension decodes into. */
    private function into(mixed $options): mixed
    {
        return match (true) {
            $this->codec instanceof JsonCodec => is_int($options) ? $options : null,
            $this->codec instanceof ProtobufCodec => is_string($options) || is_object($options) ? $options : null,
            default => null,
        };
    }

    private function decode(string $method, \Closure $call, mixed $options): mixed
    {
        $answer = $this->translate($method, $call);
        return $this->native ? $answer : $this->codec->decode($answer, $options);
    }

    /** Runs a call; its failures become those of goridge-php. */
    private function translate(string $method, \Closure $call): mixed
    {
        try {
            return $call();
        } catch (RemoteException $error) {
            $address = $this->client->address();
            $text = substr($error->getMessage(), strlen("$method at $address failed: "));
            throw new ServiceException("Error '$text' on $address", 0, $error);
        } catch (ConnectionException | TimeoutException $error) {
            throw new TransportException($error->getMessage(), 0, $error);
        } catch (ProtocolException | OverloadedException $error) {
            throw new RPCException($error->getMessage(), 0, $error);
        } catch (MisuseError $error) {
            if (str_contains($error->getMessage(), 'payload')) {
                throw new CodecException($error->getMessage(), 0, $error);
            }
            throw $error;
        }
    }

    private function forgetOldest(): void
    {
        foreach ($this->pending as $id => $_) {
            unset($this->pending[$id]);
            return;
        }
    }
}
