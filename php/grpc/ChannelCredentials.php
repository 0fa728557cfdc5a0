<?php
/** How a channel is encrypted, as ext-grpc has it. Peers are always verified. */

declare(strict_types=1);

namespace Grpc;

class ChannelCredentials
{
    private static ?string $defaultRoots = null;

    /** @param array<string, string> $pem for the option `tls` of Tusk\Grpc\Channel */
    private function __construct(private readonly array $pem, private readonly ?CallCredentials $call = null)
    {
    }

    public static function setDefaultRootsPem($pem_roots)
    {
        self::$defaultRoots = (string) $pem_roots;
    }

    public static function isDefaultRootsPemSet()
    {
        return self::$defaultRoots !== null;
    }

    public static function invalidateDefaultRootsPem()
    {
        self::$defaultRoots = null;
    }

    public static function createSsl($pem_root_certs = null, $private_key = null, $cert_chain = null)
    {
        $pem = ['ca' => $pem_root_certs, 'key' => $private_key, 'certificate' => $cert_chain];
        return new self(array_filter($pem, static fn ($part): bool => $part !== null && $part !== ''));
    }

    /** Google's default: TLS and a token of the environment. The token is not fetched here. */
    public static function createDefault()
    {
        throw new \Tusk\UnsupportedException(
            'ChannelCredentials::createDefault() would fetch a token from Google\'s environment, which is not done here; '
            . 'use createSsl() with the option call_credentials_callback or update_metadata (google/auth makes both)'
        );
    }

    public static function createComposite(ChannelCredentials $cred1, CallCredentials $cred2)
    {
        $call = $cred1->call === null ? $cred2 : CallCredentials::createComposite($cred1->call, $cred2);
        return new self($cred1->pem, $call);
    }

    /** @return null what Channel takes for a connection in plain text */
    public static function createInsecure()
    {
        return null;
    }

    public static function createXds($fallback_creds = null)
    {
        throw new \Tusk\UnsupportedException(
            'there is no xDS here; name the addresses, or use a DNS name with the policy round_robin'
        );
    }

    /**
     * For the option `tls` of Tusk\Grpc\Channel.
     *
     * @internal
     */
    public function tls(): array|bool
    {
        $pem = $this->pem;
        if (!isset($pem['ca']) && self::$defaultRoots !== null) {
            $pem['ca'] = self::$defaultRoots;
        }
        return $pem ?: true;
    }

    /** @internal */
    public function callCredentials(): ?CallCredentials
    {
        return $this->call;
    }
}
