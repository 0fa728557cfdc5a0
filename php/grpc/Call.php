<?php
/**
 * ext-grpc's Call over Tusk\Grpc\Call: a batch of operations and the object of its results.
 *
 * `startBatch()` suspends the coroutine until everything in the batch has happened, where
 * the extension blocks the process.
 */

declare(strict_types=1);

namespace Grpc;

use Tusk\Grpc\Call as Native;

class Call
{
    private readonly Channel $channel;
    private readonly string $method;
    private readonly Timeval $deadline;
    private ?CallCredentials $credentials;
    private ?Native $native = null;
    private bool $cancelled = false;
    private bool $statusTaken = false;
    private bool $headersTaken = false;
    /** A status that was decided here, before there was a call. */
    private ?\stdClass $refused = null;

    public function __construct($channel, $method, $absolute_deadline, $host_override = null)
    {
        if (!$channel instanceof Channel || !\is_string($method) || !$absolute_deadline instanceof Timeval) {
            throw new \InvalidArgumentException('Call expects a Channel, a String, a Timeval and an optional String');
        }
        if ($channel->native() === null) {
            throw new \InvalidArgumentException('Call cannot be constructed from a closed Channel');
        }
        $this->channel = $channel;
        $this->method = $method;
        $this->deadline = $absolute_deadline;
        $this->credentials = $channel->callCredentials();
    }

    /** Suspends. */
    public function startBatch(array $batch)
    {
        CallBatch::check($batch);
        $result = new \stdClass();
        if (\array_key_exists(OP_SEND_INITIAL_METADATA, $batch)) {
            $this->start($batch, $result);
        } elseif ($this->native === null && $this->refused === null) {
            throw CallBatch::incorrect(CALL_ERROR_NOT_INVOKED);
        }
        if (\array_key_exists(OP_SEND_MESSAGE, $batch)) {
            // What start() was given is on its way already.
            if (!isset($result->send_message)) {
                $message = $batch[OP_SEND_MESSAGE];
                $this->native?->send($message['message'], (($message['flags'] ?? 0) & WRITE_NO_COMPRESS) === 0);
            }
            $result->send_message = true;
        }
        if (\array_key_exists(OP_SEND_CLOSE_FROM_CLIENT, $batch)) {
            if (!isset($result->send_close)) {
                $this->native?->closeSend();
            }
            $result->send_close = true;
        }
        $this->receive($batch, $result);
        return $result;
    }

    private function start(array $batch, \stdClass $result): void
    {
        if ($this->native !== null || $this->refused !== null) {
            throw CallBatch::incorrect(CALL_ERROR_TOO_MANY_OPERATIONS);
        }
        $metadata = $batch[OP_SEND_INITIAL_METADATA];
        $result->send_metadata = true;
        if ($this->credentials !== null && !$this->addCredentials($metadata)) {
            return;
        }
        $message = $batch[OP_SEND_MESSAGE] ?? null;
        // A whole request is known at once: the cheaper way.
        $whole = $message !== null && \array_key_exists(OP_SEND_CLOSE_FROM_CLIENT, $batch)
            && (($message['flags'] ?? 0) & WRITE_NO_COMPRESS) === 0;
        $native = $this->channel->native() ?? throw new \InvalidArgumentException('startBatch on a closed Channel');
        try {
            $this->native = new Native(
                $native,
                $this->method,
                $metadata,
                $this->deadline->secondsFromNow(),
                $whole ? $message['message'] : null,
            );
        } catch (\Tusk\MisuseError $error) {
            if (str_contains($error->getMessage(), 'cannot send metadata')) {
                throw CallBatch::incorrect(CallBatch::CALL_ERROR_INVALID_METADATA, $error);
            }
            throw $error;
        }
        if ($whole) {
            $result->send_message = true;
            $result->send_close = true;
        }
        if ($this->cancelled) {
            $this->native->cancel();
        }
    }

    /** False: the call ends with a status of its own. */
    private function addCredentials(array &$metadata): bool
    {
        if (!$this->channel->isEncrypted()) {
            $this->refused = CallBatch::status(STATUS_UNAUTHENTICATED,
                'Established channel does not have a sufficient security level to transfer call credential.');
            return false;
        }
        [$service, $method] = [\dirname($this->method), basename($this->method)];
        $host = preg_replace('/:443$/', '', preg_replace('#^(dns|ipv[46]):/*#', '', $this->channel->getTarget()));
        $more = $this->credentials->metadataFor("https://$host$service", $method);
        if ($more === null) {
            $this->refused = CallBatch::status(STATUS_INVALID_ARGUMENT, 'a credentials plugin returned no metadata');
            return false;
        }
        foreach ($more as $name => $values) {
            $metadata[$name] = [...($metadata[$name] ?? []), ...$values];
        }
        return true;
    }

    private function receive(array $batch, \stdClass $result): void
    {
        $wantsStatus = \array_key_exists(OP_RECV_STATUS_ON_CLIENT, $batch);
        if ($wantsStatus && $this->statusTaken
            || \array_key_exists(OP_RECV_INITIAL_METADATA, $batch) && $this->headersTaken) {
            throw CallBatch::incorrect(CALL_ERROR_TOO_MANY_OPERATIONS);
        }
        // The end brings everything else: one wait for the whole batch.
        $status = $wantsStatus ? $this->status() : null;
        if (\array_key_exists(OP_RECV_INITIAL_METADATA, $batch)) {
            $result->metadata = $this->native?->headers() ?? [];
            $this->headersTaken = true;
        }
        if (\array_key_exists(OP_RECV_MESSAGE, $batch)) {
            $result->message = $this->native?->receive();
        }
        if ($wantsStatus) {
            $result->status = $status;
            $this->statusTaken = true;
        }
    }

    private function status(): \stdClass
    {
        if ($this->refused !== null) {
            return $this->refused;
        }
        $status = $this->native->status();
        return CallBatch::status($status['code'], $status['details'], $status['metadata']);
    }

    public function getPeer()
    {
        return $this->native?->peer() ?? $this->channel->getTarget();
    }

    public function cancel()
    {
        $this->cancelled = true;
        $this->native?->cancel();
    }

    public function setCredentials($credentials)
    {
        if (!$credentials instanceof CallCredentials) {
            throw new \InvalidArgumentException('setCredentials expects 1 CallCredentials');
        }
        if ($this->native !== null) {
            return CALL_ERROR_ALREADY_INVOKED;
        }
        $channel = $this->channel->callCredentials();
        $this->credentials = $channel === null ? $credentials : CallCredentials::createComposite($channel, $credentials);
        return CALL_OK;
    }
}
