# Shared by bin/*: where things lie, how to say what is wrong.
#
# Sourced with `set -euo pipefail` on. ROOT is the clone; nothing outside it is needed,
# and nothing in it is written except the build folder when no cache folder can be made.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$ROOT"

say() { printf '%s\n' "$*"; }
die() { printf '%s: %s\n' "$(basename "$0")" "$*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1 || [ -e "$1" ]; }

# Builds are kept outside the clone, so that a new clone of the same sources is quick to
# build. The folder may vanish at any time.
use_build_cache() {
    if [ -z "${CARGO_TARGET_DIR:-}" ]; then
        local cache=${XDG_CACHE_HOME:-${HOME:-/nonexistent}/.cache}/tusk/target
        if mkdir -p "$cache" 2>/dev/null && [ -w "$cache" ]; then
            CARGO_TARGET_DIR=$cache
        else
            CARGO_TARGET_DIR=$ROOT/target
        fi
        export CARGO_TARGET_DIR
    fi
    EXTENSION=$CARGO_TARGET_DIR/release/libtusk.so
}

# Builds the release extension; cargo decides what is to be done.
build_extension() {
    cargo build --release --locked --package tusk "$@"
}

# A TCP port of 127.0.0.1 that nobody listens on now, and that the kernel gives to no client.
free_port() {
    php -n -r 'do $s = @stream_socket_server("tcp://127.0.0.1:" . $port = random_int(10000, 32000)); while (!$s); echo $port;'
}

# Waits until something accepts on port $1 as long as process $2 lives, at most 10 s.
wait_for_port() {
    local port=$1 pid=$2 deadline=$((SECONDS + 10))
    until (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do
        kill -0 "$pid" 2>/dev/null || return 1
        [ "$SECONDS" -lt "$deadline" ] || return 1
        sleep 0.05
    done
}

# Ends process $1 (SIGTERM, then SIGKILL after $2 seconds, by default 10) and waits.
stop_process() {
    local pid=$1 deadline=$((SECONDS + ${2:-10}))
    kill -TERM "$pid" 2>/dev/null || return 0
    while kill -0 "$pid" 2>/dev/null; do
        if [ "$SECONDS" -ge "$deadline" ]; then
            kill -KILL "$pid" 2>/dev/null || true
        fi
        sleep 0.05
    done
    wait "$pid" 2>/dev/null || true
}
