# The PHP tests under a PHP that was built with AddressSanitizer: memory that PHP or Tusk
# uses after it was freed, or beyond its end.
#
# $TUSK_PHP_ASAN names the prefix of such a PHP; without it one is built from the distribution's
# sources (bin/lib/php-src.sh finds them) and kept in the cache. Under ASAN stacks and switches
# are the engine's own (docs/ARCHITECTURE.md). Leaks are not looked for: tables that live as long
# as the process would be reported; php-tests/<class>/leak*.phpt measure what PHP code can leak.

ASAN_CONFIGURE=(
    --disable-all --enable-cli --enable-pcntl --enable-posix --enable-sockets --with-openssl
    --enable-mbstring --disable-mbregex --with-pdo-mysql=mysqlnd --with-mysqli=mysqlnd --enable-pdo
    --with-pdo-sqlite --with-sqlite3 --with-curl --enable-dom --enable-xml --enable-simplexml --enable-xmlwriter --with-libxml
    --enable-session --enable-filter --enable-ctype --enable-tokenizer --with-zlib --enable-opcache
    --disable-opcache-jit --enable-phar --with-ffi --enable-soap --enable-sysvmsg --enable-sysvsem
    --enable-sysvshm --with-pgsql --with-pdo-pgsql
)
# What configure looks for, by Debian's names.
ASAN_PACKAGES=(g++ pkg-config bison re2c libssl-dev libcurl4-openssl-dev libxml2-dev libsqlite3-dev zlib1g-dev libffi-dev libpq-dev)

# Sets ASAN_PREFIX; builds that PHP if it is not there. False where it cannot be built.
asan_php() {
    ASAN_PREFIX=${TUSK_PHP_ASAN:-$(dirname "$CARGO_TARGET_DIR")/php-asan}
    [ -x "$ASAN_PREFIX/bin/php" ] && return
    [ -z "${TUSK_PHP_ASAN:-}" ] && php_src_tests || return
    local folder status=0
    install_packages "${ASAN_PACKAGES[@]}"
    folder=$(mktemp -d)
    cp -r "$PHP_SRC/." "$folder"
    (
        cd "$folder" && { [ -x configure ] || ./buildconf --force; } \
            && CFLAGS='-g -O1 -fsanitize=address -fno-omit-frame-pointer' LDFLAGS=-fsanitize=address \
                ./configure --prefix="$ASAN_PREFIX" "${ASAN_CONFIGURE[@]}" \
            && ASAN_OPTIONS=detect_leaks=0 make -j"$(nproc)" && ASAN_OPTIONS=detect_leaks=0 make install
    ) >"$folder/asan-build.log" 2>&1 || status=$?
    [ "$status" = 0 ] || tail -n 20 "$folder/asan-build.log" >&2
    rm -rf "$folder"
    return "$status"
}

# Not under ASAN, each with its reason:
ASAN_EXCEPT=(
    # ASAN's frames are several times as large: at what depth a C stack ends is another.
    contract/a_stack_overflow_is_named runtime/default_stack runtime/deep_stack runtime/too_deep_stack
    # Its shadow memory and quarantine are counted with the process's memory and mappings.
    go/leak go/many_at_once
    # So it is with memory that such tests look at: what is freed stays in the quarantine.
    rpc/life grpc/leak grpc/slow_reader odbc/stream_memory postgres/stream
    # Load and time limits of its own.
    pool/chaos rpc/chaos
    # Need packages and PHPUnit.
    revolt/amphp revolt/driver_test
    # libasan stands between libc and everybody, and has descriptors and threads of its own.
    intercept/libraries runtime/too_few_descriptors
    # php-cgi is started by its path, not by the wrapper that says not to look for leaks.
    sapi/cgi
)
# A browser with a time limit, sweeps that start a process for each of their calls, load, and the matrix, which measures time.
ASAN_EXCEPT+=(matrix/ gateway/ workerman4 workerman_coroutine faults/descriptors faults/forks faults/resets)

# The watchdog is off unless a test asks for it: libasan (GCC 12) does not release the locks of its
# allocator in the child of a fork. A thread that was starting up while the process forked holds one
# for ever there, and the child's first new thread waits for it.
ASAN_WRAPPER='#!/bin/sh
export ASAN_OPTIONS=detect_leaks=0:detect_odr_violation=0
exec %q -d tusk.block_warn=0 "$@"
'

# Builds Tusk against it. The tests' servers are those of every build: they are programs of their own.
asan_build() {
    local target=$1
    PHP_CONFIG="$ASAN_PREFIX/bin/php-config" CARGO_TARGET_DIR="$target" cargo build --release --locked --package tusk || return
    mkdir -p "$target/debug" "$CARGO_TARGET_DIR/debug/examples"
    rm -rf "$target/debug/examples"
    ln -s "$CARGO_TARGET_DIR/debug/examples" "$target/debug/examples"
}

# Runs the tests that need no package and no time limit of their own.
asan_phpt() {
    local target="$CARGO_TARGET_DIR/asan" wrapper test status=0
    local -a except=()
    for test in "${ASAN_EXCEPT[@]}"; do
        except+=(--except "php-tests/$test")
    done
    wrapper=$(mktemp -d)
    # shellcheck disable=SC2059
    printf "$ASAN_WRAPPER" "$ASAN_PREFIX/bin/php" >"$wrapper/php"
    chmod -R a+rX,u+x "$wrapper"
    chmod a+x "$wrapper/php"
    asan_build "$target" || return
    PATH="$wrapper:$ASAN_PREFIX/bin:$PATH" CARGO_TARGET_DIR="$target" cargo xtask phpt --driver epoll \
        "${except[@]}" "$@" || status=$?
    rm -rf "$wrapper"
    return "$status"
}

# What is lost at the end of a process: LeakSanitizer is a part of libasan. Stacks of coroutines are
# no roots to it, and need not be: when it looks, all have been unwound.
LSAN_WRAPPER='#!/bin/sh
: >%q/started.$$
export USE_ZEND_ALLOC=0 ZEND_DONT_UNLOAD_MODULES=1
export ASAN_OPTIONS=detect_leaks=1:detect_odr_violation=0:quarantine_size_mb=8:log_path=%q/report
export LSAN_OPTIONS=exitcode=0:print_suppressions=0:suppressions=%q/suppressions
exec %q -d tusk.block_warn=0 "$@"
'

# Where nothing but our own may leak. Others leave cycles of objects (an exception whose trace holds who
# failed): PHP collects them at its end in debug builds only, and else they look like leaks.
LSAN_AREAS=(barrier channel context contract coroutine event_loop fiber hooks intercept lock loop mutex mysqlnd once
    parallel process retry run scope select semaphore single_flight sleep superglobals timeout wait_group)
# Not looked at, each with its reason:
LSAN_EXCEPT=(
    # After a fatal error PHP leaves everything to its allocator.
    process/fatal_error process/max_execution_time
    # Closures that hold themselves, to the end; and Revolt's, which leaves as many without Tusk.
    hooks/event_loop_reads process/everything_at_once fiber/generators_of_fibers
)

# Runs the same tests for what they leak. What they print is asan_phpt's business: a report
# alone is a failure. The child of a fork is not looked at: it keeps what the parent's coroutines
# held, on purpose, and tells by its number, which is none that was started.
lsan_phpt() {
    local target="$CARGO_TARGET_DIR/asan" wrapper report test processes leaks=0
    local -a except=()
    for test in "${ASAN_EXCEPT[@]}" "${LSAN_EXCEPT[@]}"; do
        except+=(--except "php-tests/$test")
    done
    [ $# -gt 0 ] || for test in "${LSAN_AREAS[@]}"; do
        except+=(--filter "php-tests/$test/")
    done
    wrapper=$(mktemp -d)
    install -m 644 php-tests/lsan.supp "$wrapper/suppressions"
    # shellcheck disable=SC2059
    printf "$LSAN_WRAPPER" "$wrapper" "$wrapper" "$wrapper" "$ASAN_PREFIX/bin/php" >"$wrapper/php"
    chmod 1777 "$wrapper"
    chmod 755 "$wrapper/php"
    asan_build "$target" || return
    PATH="$wrapper:$ASAN_PREFIX/bin:$PATH" CARGO_TARGET_DIR="$target" cargo xtask phpt --driver epoll \
        "${except[@]}" "$@" >"$wrapper/tests" 2>&1 || true
    for report in "$wrapper"/report.*; do
        [ -f "$wrapper/started.${report##*.}" ] || continue
        leaks=$((leaks + 1))
        say "FAIL a process leaks:"
        head -n 60 "$report"
    done
    processes=$(find "$wrapper" -name 'started.*' | wc -l)
    [ "$processes" -gt 0 ] || { tail -n 20 "$wrapper/tests"; leaks=1; }
    printf '%d passed, %d failed, 0 skipped\n' "$((processes - leaks))" "$leaks"
    rm -rf "$wrapper"
    [ "$leaks" = 0 ]
}
