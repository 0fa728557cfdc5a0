<?php
/**
 * What the gateway answers. Each handler is a function from request to response and
 * knows nothing of the server that it runs on.
 *
 * The code is plain PHP that blocks: PDO, usleep, file_get_contents. In a coroutine of
 * Tusk the same calls suspend the coroutine instead of the process.
 */

declare(strict_types=1);

namespace Gateway;

require_once __DIR__ . '/live.php';
require_once __DIR__ . '/models.php';

/** The part of an HTTP request that the handlers use. */
final class Request
{
    public function __construct(public readonly string $path, public readonly array $query = [], public readonly string $body = '')
    {
    }

    /** An integer from the query string between two bounds, or the default. */
    public function integer(string $name, int $default, int $from, int $to): int
    {
        $options = ['default' => $default, 'min_range' => $from, 'max_range' => $to];
        return filter_var($this->query[$name] ?? $default, FILTER_VALIDATE_INT, ['options' => $options]);
    }
}

/** A status, a content type and a body. */
final class Response
{
    public function __construct(
        public readonly string $body,
        public readonly string $type = 'text/plain; charset=utf-8',
        public readonly int $status = 200,
    ) {
    }

    public static function json(mixed $value, int $status = 200): self
    {
        $flags = JSON_PRETTY_PRINT | JSON_UNESCAPED_SLASHES | JSON_PARTIAL_OUTPUT_ON_ERROR;
        return new self(json_encode($value, $flags) . "\n", 'application/json', $status);
    }
}

/** Where the gateway listens, for the calls it makes to itself. */
function address(): string
{
    return getenv('TUSK_GATEWAY_LISTEN') ?: '127.0.0.1:8787';
}

/** Finds the handler of a request and calls it; what it throws becomes a 500. */
function handle(Request $request): Response
{
    try {
        if ($request->path === '/live') {
            return live(); // the page's own requests would hide what it shows
        }
        $handler = match ($request->path) {
            '/' => index(...),
            '/metrics' => metrics(...),
            '/hello' => hello(...),
            '/sleep' => sleep(...),
            '/db' => db(...),
            '/fanout' => fanout(...),
            '/hold' => hold(...),
            '/classify' => classify(...),
            '/embed' => embed(...),
            '/stats' => stats(...),
            default => static fn (): Response => new Response("There is nothing at this address.\n", status: 404),
        };
        return Meter::measure($request->path, static fn (): Response => $handler($request));
    } catch (NoModel $missing) {
        return Response::json(['error' => 'no model', 'message' => $missing->getMessage()], 503);
    } catch (\Throwable $error) {
        return Response::json(['error' => $error::class, 'message' => $error->getMessage()], 500);
    }
}

/** A page that shows what goes on in this process. */
function index(): Response
{
    return new Response(file_get_contents(__DIR__ . '/page.html'), 'text/html; charset=utf-8');
}

function hello(): Response
{
    return new Response("Hello from Tusk\n");
}

/** Waits as long as `ms` says; other requests go on meanwhile. */
function sleep(Request $request): Response
{
    $ms = $request->integer('ms', 50, 0, 60_000);
    usleep($ms * 1000);
    return Response::json(['slept_ms' => $ms]);
}

/**
 * A query by PDO: on SQLite, which needs no server, or on what TUSK_GATEWAY_DSN names
 * (with TUSK_GATEWAY_USER and TUSK_GATEWAY_PASSWORD).
 */
function db(): Response
{
    return Pool::with(static function (\PDO $db): Response {
        $rows = $db->query('WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5)
            SELECT i AS number, i * i AS square FROM n');
        return Response::json([
            'driver' => $db->getAttribute(\PDO::ATTR_DRIVER_NAME),
            'version' => $db->getAttribute(\PDO::ATTR_SERVER_VERSION),
            'rows' => array_map(static fn (array $row): array => array_map(intval(...), $row), $rows->fetchAll()),
        ]);
    });
}

function connect(): \PDO
{
    $dsn = getenv('TUSK_GATEWAY_DSN') ?: 'sqlite::memory:';
    $options = [\PDO::ATTR_ERRMODE => \PDO::ERRMODE_EXCEPTION, \PDO::ATTR_DEFAULT_FETCH_MODE => \PDO::FETCH_ASSOC];
    return new \PDO($dsn, getenv('TUSK_GATEWAY_USER') ?: null, getenv('TUSK_GATEWAY_PASSWORD') ?: null, $options);
}

/** Twenty calls to the gateway's own /sleep?ms=50 at once: about 50 ms, not 1,000. */
function fanout(): Response
{
    $calls = 20;
    $answers = [];
    $begun = hrtime(true);
    $group = new \Tusk\WaitGroup();
    $group->add($calls);
    for ($i = 0; $i < $calls; $i++) {
        \Tusk\go(static function () use (&$answers, $group): void {
            try {
                $answers[] = file_get_contents('http://' . address() . '/sleep?ms=50') !== false;
            } finally {
                $group->done();
            }
        });
    }
    $group->wait();
    return Response::json([
        'calls' => $calls,
        'answered' => count(array_filter($answers)),
        'total_ms' => round((hrtime(true) - $begun) / 1e6, 1),
    ]);
}

/** Computes for as long as `ms` says, which no coroutine makes quicker: everybody waits. */
function hold(Request $request): Response
{
    $ms = $request->integer('ms', 100, 0, 2_000);
    $until = hrtime(true) + $ms * 1_000_000;
    while (hrtime(true) < $until) {
    }
    return Response::json(['held_ms' => $ms]);
}

/** What kind of file the body is, by magika; requests at the same time share a batch. */
function classify(Request $request): Response
{
    return Response::json(Models::classify($request->body));
}

/** A vector for the text of the body (or of `text`), by MiniLM. */
function embed(Request $request): Response
{
    $text = $request->body !== '' ? $request->body : (string) ($request->query['text'] ?? '');
    if ($text === '' || !preg_match('//u', $text)) {
        return Response::json(['error' => 'send a text in UTF-8 as the body, or as ?text='], 400);
    }
    return Response::json(['vector' => Models::embed($text)]);
}

/** For Prometheus. */
function metrics(): Response
{
    return new Response(\Tusk\Runtime::metrics(), 'text/plain; version=0.0.4; charset=utf-8');
}

/** What the runtime does now, and what it runs on. */
function stats(): Response
{
    return Response::json(['stats' => \Tusk\Runtime::stats(), 'batchers' => Models::stats(), 'info' => \Tusk\Runtime::info()]);
}
