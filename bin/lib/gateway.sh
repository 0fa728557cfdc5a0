# Starting, checking and stopping examples/gateway.

# Gets workerman by Composer where that can be done; the gateway does without otherwise.
fetch_workerman() {
    if [ ! -d vendor/workerman ] && have composer && ! peers_have_workerman; then
        COMPOSER_ALLOW_SUPERUSER=1 timeout 60 composer install --no-interaction --quiet </dev/null >/dev/null 2>&1 || true
    fi
}

peers_have_workerman() {
    [ -d "${TUSK_PEERS:-${XDG_DATA_HOME:-${HOME:-}/.local/share}/tusk/peers}/workerman/workerman" ]
}

# start_gateway ADDRESS: sets GATEWAY_PID and GATEWAY_URL.
start_gateway() {
    GATEWAY_URL=http://$1
    # An answer on this port could otherwise be somebody else's.
    if (exec 3<>"/dev/tcp/${1%:*}/${1#*:}") 2>/dev/null; then
        die "something listens on $1 already"
    fi
    TUSK_GATEWAY_LISTEN=$1 php -d "extension=$EXTENSION" examples/gateway/start.php start &
    GATEWAY_PID=$!
    wait_for_port "${1#*:}" "$GATEWAY_PID" || die "the gateway did not start"
}

stop_gateway() { stop_process "$GATEWAY_PID"; }

explain_gateway() {
    cat <<TEXT

The gateway runs on $GATEWAY_URL (one PHP process, Ctrl-C ends it). Open that in a browser
to see who waits where, or try:
  curl $GATEWAY_URL/hello
  curl '$GATEWAY_URL/sleep?ms=1000'     start several: they do not wait for each other
  curl $GATEWAY_URL/db                  PDO; SQLite, or set TUSK_GATEWAY_DSN
  curl $GATEWAY_URL/fanout              20 calls of 50 ms at once, in about 50 ms
  curl --data-binary @FILE $GATEWAY_URL/classify    what kind of file it is (a model, batched)
  curl --data 'some text' $GATEWAY_URL/embed        its vector (a model, batched)
  curl $GATEWAY_URL/stats               what the runtime does, and on what
TEXT
}

# Every route answers as its handler says, one after the other and at once.
check_gateway() {
    answers / 'Who waits where'
    answers /live '"coroutines"'
    answers /metrics 'tusk_coroutines'
    answers /hello 'Hello from Tusk'
    answers '/sleep?ms=20' '"slept_ms": 20'
    answers /db '"square": 25'
    answers /fanout '"answered": 20'
    answers /stats '"stats"'
    below total_ms 500 "$(get /fanout)"
    sleeps_overlap
    check_models
    [ "$(curl -s -o /dev/null -w '%{http_code}' --max-time 10 "$GATEWAY_URL/nothing")" = 404 ] || die "/nothing is not a 404"
    say "demo: every route answered as it should"
}

# Models answer, in batches; where they could not be had, the routes say so.
check_models() {
    local answer pids=() pid
    if [ -n "$WHEELS_MISSING" ]; then
        answer=$(curl -s --max-time 10 --data x "$GATEWAY_URL/classify")
        [[ $answer == *error* ]] || die "/classify without its model answered $answer"
        say "SKIP /classify and /embed: $WHEELS_MISSING"
        return
    fi
    for _ in 1 2 3 4 5 6 7 8; do
        posted /classify bin/lib/gateway.sh '"label": "shell"' &
        pids+=($!)
        posted /embed README.md '"vector"' &
        pids+=($!)
    done
    for pid in "${pids[@]}"; do wait "$pid" || die "a model did not answer"; done
    answers /stats '"sizes"'
}

# Loading a model and its tokenizer takes a while on a slow machine.
posted() {
    local body
    body=$(curl -sS --fail --max-time 60 --data-binary "@$2" "$GATEWAY_URL$1") || die "$1 failed"
    [[ $body == *"$3"* ]] || die "$1 answered without $3: $body"
}

get() { curl -sS --fail --max-time 10 "$GATEWAY_URL$1"; }

answers() {
    local body
    body=$(get "$1") || die "$1 failed"
    [[ $body == *"$2"* ]] || die "$1 answered without $2: $body"
}

# below NAME LIMIT JSON: the number called NAME is below LIMIT.
below() {
    local value
    value=$(sed -n "s/.*\"$1\": \([0-9]*\).*/\1/p" <<<"$3")
    [ -n "$value" ] && [ "$value" -lt "$2" ] || die "$1 is ${value:-missing}, not below $2"
}

# Ten requests that wait 300 ms each take far less than 3 s on one process.
sleeps_overlap() {
    local begun took pids=() pid
    begun=$(date +%s%N)
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        get '/sleep?ms=300' >/dev/null &
        pids+=($!)
    done
    for pid in "${pids[@]}"; do wait "$pid" || die "a concurrent /sleep failed"; done
    took=$((($(date +%s%N) - begun) / 1000000))
    [ "$took" -lt 1500 ] || die "ten requests of 300 ms took $took ms: they waited for each other"
}
