# Running one bench and recording it.

# The command of a bench. memory_limit is PHP's own default, which Debian lifts for cli.
bench_command() {
    local php=(php -d "extension=$EXTENSION" -d memory_limit=128M -d opcache.enable_cli=0)
    case "$1" in
        coroutine) COMMAND=("${php[@]}" -d memory_limit=512M benches/coroutine.php) ;;
        webman) COMMAND=(php benches/webman/run.php) ;;
        workerman_coroutine) COMMAND=("${php[@]}" benches/workerman_coroutine.php) ;;
        coroutine_library) COMMAND=("${php[@]}" -d memory_limit=512M benches/coroutine_library.php) ;;
        parked) COMMAND=("${php[@]}" benches/parked.php 100000) ;;
        parked-million) COMMAND=("${php[@]}" -d memory_limit=-1 -d tusk.max_coroutines=2000000 benches/parked.php 1000000) ;;
        timers) COMMAND=("${php[@]}" benches/timers.php) ;;
        # The runners of server benches are plain PHP; the servers load the extension.
        hello) COMMAND=(php benches/hello/run.php) ;;
        sleepers) COMMAND=(php benches/sleepers/run.php) ;;
        mysql_sleep) COMMAND=("${php[@]}" benches/mysql_sleep.php) ;;
        rpc)
            cargo build --quiet --release --locked --package tusk-rpc --examples
            COMMAND=(taskset -c 1 "${php[@]}" benches/rpc.php)
            ;;
        postgres) COMMAND=("${php[@]}" benches/postgres.php) ;;
        grpc)
            cargo build --quiet --release --locked --package tusk-grpc --examples
            COMMAND=(php benches/grpc/run.php)
            ;;
        pool) COMMAND=("${php[@]}" benches/pool.php) ;;
        batcher) COMMAND=("${php[@]}" benches/batcher.php) ;;
        session)
            fetch_wheels onnxruntime silero-vad
            cargo build --quiet --release --locked --package tusk-infer --examples
            COMMAND=("${php[@]}" benches/session.php)
            ;;
        device)
            # A device that is there is measured too: TUSK_BENCH_DEVICE=cuda:0 bin/bench device.
            COMMAND=("${php[@]}" -d memory_limit=512M benches/device.php ${TUSK_BENCH_DEVICE:+--device "$TUSK_BENCH_DEVICE"})
            ;;
        odbc) COMMAND=("${php[@]}" benches/odbc.php) ;;
        clients) COMMAND=(php benches/clients.php) ;;
        latency) COMMAND=(php benches/latency.php) ;;
        slots) COMMAND=(php benches/slots.php) ;;
        superglobals) COMMAND=(php benches/superglobals.php) ;;
        files) COMMAND=("${php[@]}" benches/files.php) ;;
        cold_reads) COMMAND=("${php[@]}" benches/cold_reads.php) ;;
        reload) COMMAND=(php benches/reload.php) ;;
        endurance) COMMAND=(php benches/endurance.php) ;;
        *) die "there is no bench $1; bin/bench --list names them" ;;
    esac
}

# record NAME: runs it, shows it, writes benches/record/NAME.md. Fails if a bound fails.
record() {
    local name=$1 output file=benches/record/$1.md status=0
    bench_command "$name"
    say "# $name"
    # Servers need a descriptor for each connection.
    ulimit -n 65536 2>/dev/null || true
    output=$("${COMMAND[@]}" 2>&1) || status=$?
    printf '%s\n\n' "$output"
    if [ "$status" != 0 ]; then
        say "$name ended with status $status; nothing was recorded"
        return 1
    fi
    mkdir -p benches/record
    {
        printf '# %s\n\n' "$name"
        machine
        # The folder of the build is nobody else's.
        printf '%s command: `%s`\n\n' '-' "$(sed "s|$EXTENSION|tusk|g" <<<"${COMMAND[*]}")"
        printf '%s\n' "$output"
    } >"$file"
    ! grep -q '^- FAILS' <<<"$output"
}

machine() {
    printf -- '- machine: %s, %s cores, %s GiB\n' "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n1)" \
        "$(nproc)" "$(awk '/MemTotal/ { printf "%d", $2 / 1048576 + 0.5 }' /proc/meminfo)"
    printf -- '- kernel: Linux %s\n' "$(uname -r | sed 's/[^0-9.].*//')"
    printf -- '- PHP: %s\n' "$(php -n -r 'echo PHP_VERSION, PHP_ZTS ? " ZTS" : " NTS";')"
    printf -- '- driver: %s\n' "$(php -d "extension=$EXTENSION" -r 'echo Tusk\Runtime::info()["driver"];')"
    printf -- '- Tusk: %s\n' "$(git describe --always --dirty 2>/dev/null || echo unknown)"
    printf -- '- date: %s\n' "$(date -u +%Y-%m-%d)"
}
