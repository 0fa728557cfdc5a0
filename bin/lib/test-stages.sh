# shellcheck source=bin/lib/php-src.sh
. "$ROOT/bin/lib/php-src.sh"
# shellcheck source=bin/lib/asan.sh
. "$ROOT/bin/lib/asan.sh"

# The stages of bin/test. Each function is one step of docs/testing.md.

xtask() { cargo xtask "$@"; }
# The same binary without cargo around it: inside a filter cargo itself may not work.
filtered_xtask() { cargo xtask seccomp "$1" -- "$CARGO_TARGET_DIR/debug/xtask" "${@:2}"; }

sources() {
    stage 'format' cargo fmt --all --check
    stage 'rules of the sources' xtask lint
    stage 'direction of dependencies' xtask deps
    if have cargo-deny; then
        stage 'licences and bans' cargo deny --offline check bans licenses sources
    fi
    stage 'clippy' cargo clippy --workspace --all-targets --locked -- -D warnings
}

# Names of the crates in native/ as cargo's --package options; those of their examples are others.
native_packages() {
    sed -n 's/^name = "\(tusk-.*\)"/--package \1/p' native/*/Cargo.toml
}

native() {
    local runner=(cargo test --locked)
    ! have cargo-nextest || runner=(cargo nextest run --locked --no-fail-fast --retries 1)
    # shellcheck disable=SC2046 # words are meant
    stage 'native crates' rust_tests "${runner[@]}" $(native_packages)
    stage 'xtask' rust_tests "${runner[@]}" --package xtask
    stage 'loom models' rust_tests env RUSTFLAGS='--cfg loom' CARGO_TARGET_DIR="$CARGO_TARGET_DIR/loom" \
        cargo test --release --locked --package tusk-runtime --test 'loom_*'
}

build() {
    stage 'extension: cargo build --release' build_extension
    [ "$STAGE_STATUS" = 0 ] || { skip 'everything that needs the extension' 'it does not build'; finish; exit 1; }
    stage 'servers for PHP tests' cargo build --locked --package tusk-rpc --package tusk-grpc --package tusk-odbc --package tusk-device --package tusk-postgres --package tusk-infer --examples
    stage 'extension: phpize, configure, make install' phpize_build
    stage 'stubs equal sources and Reflection' xtask stubs --check
    stage 'stubs and examples under PHPStan' xtask phpstan
}

# The way PIE and `phpize` users build, on a copy: it leaves files all over ext/.
phpize_build() {
    local copy status=0 build="$CARGO_TARGET_DIR/phpize"
    copy=$(mktemp -d)
    git ls-files -z --cached --others --exclude-standard | xargs -0 cp --parents -t "$copy"
    (
        cd "$copy/ext" && phpize && ./configure && make TUSK_BUILD="$build" \
            && make install TUSK_BUILD="$build" INSTALL_ROOT="$copy/installed" \
            && php -d "extension=$(find "$copy/installed" -name tusk.so)" -r 'exit(extension_loaded("tusk") ? 0 : 1);'
    ) || status=$?
    rm -rf "$copy"
    return "$status"
}

# Why Tusk cannot use io_uring here; empty when it can.
no_uring_because() {
    TUSK_DRIVER=uring php -d "extension=$EXTENSION" -r '
        try {
            $info = Tusk\Runtime::info();
            echo $info["driver"] === "uring" ? "" : json_encode($info);
        } catch (Throwable $error) {
            echo $error->getMessage();
        }' 2>&1 || true
}

php_matrix() {
    local driver reason
    for driver in uring epoll; do
        if [ "$driver" = uring ] && reason=$(no_uring_because) && [ -n "$reason" ]; then
            skip "phpt: uring" "$reason"
            continue
        fi
        # The matrix is run on both drivers by hooks_page, and takes as long as all the rest.
        stage "phpt: $driver" xtask phpt --again --driver "$driver" --except php-tests/matrix/
        stage "phpt: $driver, opcache and tracing JIT" xtask phpt --again --driver "$driver" --jit "${BRIEF[@]}"
    done
}

# What takes long and tests what lies below PHP's compiler: once for each driver in every run,
# everywhere in long ones.
BRIEF=(--except php-tests/matrix/ --except php-tests/faults/ --except php-tests/pool/chaos
    --except php-tests/postgres/faults --except php-tests/postgres/proxied)

# Half a minute in every run, ten minutes in a long one: longer than a phpt may take. Each of three has a third.
pool_chaos() {
    local seconds=$(($1 / 3))
    if ! php -m | grep -qx sockets; then
        skip "pool: faults for $1 s" 'needs ext/sockets'
        return
    fi
    if ! php -m | grep -qx pdo_mysql || ! PATH=$PATH:/usr/sbin:/usr/local/sbin have mariadbd; then
        skip "pool: faults on MariaDB for $seconds s" 'needs mariadbd and ext/pdo_mysql'
    else
        stage "pool: faults on MariaDB for $seconds s" php -d "extension=$EXTENSION" php-tests/pool/faults.php "$seconds" mysql
    fi
    if ! php -m | grep -qx pdo_pgsql || ! compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null; then
        skip "pool: faults on PostgreSQL for $seconds s" 'needs postgres and ext/pdo_pgsql'
    else
        stage "pool: faults on PostgreSQL for $seconds s" php -d "extension=$EXTENSION" php-tests/pool/faults.php "$seconds" pgsql
    fi
    if ! php -m | grep -qx pdo_pgsql || ! compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null ||
        ! grep -qF '[PostgreSQL Unicode]' /etc/odbcinst.ini 2>/dev/null; then
        skip "pool: faults through ODBC for $seconds s" 'needs postgres, ext/pdo_pgsql and its ODBC driver (odbc-postgresql)'
    else
        stage "pool: faults through ODBC for $seconds s" php -d "extension=$EXTENSION" php-tests/pool/faults.php "$seconds" odbc
    fi
}

postgres_chaos() {
    if [ -z "$(PATH=$PATH:$(echo /usr/lib/postgresql/*/bin | tr ' ' :) type -P postgres)" ]; then
        skip "postgres: faults for $1 s" 'needs postgres (package postgresql)'
        return
    fi
    stage "postgres: faults for $1 s" php -d "extension=$EXTENSION" php-tests/postgres/faults.php "$1"
}

hooks_page() { stage 'docs/HOOKS.md is what the matrix finds' xtask hooks-page --check; }

seccomp_passes() {
    # Without io_uring everything is as on epoll, for which all was run. What reaches the kernel only
    # through the runtime's ops is left to long runs; and how io_uring is missed, by EPERM or by
    # ENOSYS, matters to what chooses the driver and to what was forked.
    local clients=(--except php-tests/postgres/ --except php-tests/odbc/ --except php-tests/pool/
        --except php-tests/infer/ --except php-tests/device/)
    local chooses=(--filter php-tests/runtime/ --filter php-tests/process/ --filter php-tests/sapi/
        --filter php-tests/event_loop/ --filter php-tests/loop/ --filter php-tests/workerman/ --filter php-tests/gateway/)
    stage 'phpt: io_uring forbidden (EPERM)' filtered_xtask eperm phpt --again "${chooses[@]}"
    stage 'phpt: calls after Linux 4.19 are ENOSYS' filtered_xtask linux-4.19 phpt --again "${BRIEF[@]}" "${clients[@]}"
}

# The tests run as somebody who may not be able to read the clone.
SUPPRESSIONS=$LOGS/valgrind.supp
# Children that exec are not followed: they are PHP again, or servers.
VALGRIND="valgrind --quiet --error-exitcode=99 --trace-children=no --suppressions=$SUPPRESSIONS"

valgrind_pass() {
    local list=php-tests/valgrind
    [ -f "$list" ] || { skip 'phpt under valgrind' "there is no $list"; return; }
    have valgrind || { skip 'phpt under valgrind' 'valgrind is not installed'; return; }
    chmod 755 "$LOGS"
    install -m 644 php-tests/valgrind.supp "$SUPPRESSIONS"
    stage 'phpt under valgrind' xtask phpt --again --list "$list" --driver epoll \
        --under "$VALGRIND"
}

# A bench whose bounds all hold.
holds() {
    local output
    output=$(TUSK_EXTENSION="$EXTENSION" "$@") || return 1
    printf '%s\n' "$output"
    ! grep -q '^- FAILS' <<<"$output"
}

# The archive builds where nothing can be fetched: offline, by a Cargo that has never seen a registry.
dist_builds() {
    local folder status=0
    folder=$(mktemp -d)
    (
        xtask dist "$folder" && mkdir "$folder/unpacked" \
            && tar -xf "$folder"/tusk-*.tar.gz -C "$folder/unpacked" --strip-components=1 && cd "$folder/unpacked" \
            && CARGO_HOME="$folder/home" CARGO_TARGET_DIR="$folder/target" cargo build --release --offline --locked \
            && php -d "extension=$folder/target/release/libtusk.so" -r 'exit(extension_loaded("tusk") ? 0 : 1);'
    ) || status=$?
    rm -rf "$folder"
    return "$status"
}

long_stages() {
    local round
    stage 'phpt: uring, JIT, everything' xtask phpt --driver uring --jit
    stage 'phpt: epoll, JIT, everything' xtask phpt --driver epoll --jit
    stage 'phpt: EPERM, everything' filtered_xtask eperm phpt
    stage 'phpt: Linux 4.19, everything' filtered_xtask linux-4.19 phpt
    stage 'a million schedules of each primitive' rust_tests env TUSK_SCHEDULES=1000000 \
        cargo test --release --locked --package tusk-runtime --test histories --test schedules
    for round in 1 2 3 4 5; do
        stage "phpt: uring, crowded, round $round" xtask phpt --driver uring --jobs 16
        stage "phpt: epoll, crowded, round $round" xtask phpt --driver epoll --jobs 16
    done
    stage 'phpt under valgrind, everything' xtask phpt --driver epoll --jobs 2 \
        --under "$VALGRIND"
    # shellcheck disable=SC2046 # words are meant
    stage 'native crates, long schedules' rust_tests env TUSK_LONG=1 cargo test --release --locked $(native_packages)
    stage 'phpt: a million calls amid restarts' env TUSK_LONG=1 cargo xtask phpt --filter php-tests/rpc/chaos
    stage 'phpt: a million items in batches' php -d "extension=$EXTENSION" php-tests/infer/random_operations.php 1000000
    pool_chaos 600
    postgres_chaos 600
    if asan_php; then
        stage 'phpt under AddressSanitizer' asan_phpt
        stage 'processes of phpt under LeakSanitizer' lsan_phpt
    else
        skip 'phpt under AddressSanitizer' 'no such PHP: set TUSK_PHP_ASAN to its prefix, or enable deb-src for apt-get source'
    fi
    stage 'source archive builds offline' dist_builds
    stage 'every PHP that is here' xtask matrix
    stage '10 million requests, memory' holds php benches/endurance.php 10000000
    stage 'reload every 5 s for 5 minutes' holds php benches/reload.php 60 5
    if php_src_tests; then
        stage "php-src's tests, Tusk loaded" php_src_compare loaded
        stage "php-src's tests, beside a coroutine" xtask php-src-tests "$PHP_SRC"
    else
        skip "php-src's tests" "no sources of PHP: set TUSK_PHP_SRC, or enable deb-src for apt-get source"
    fi
}
