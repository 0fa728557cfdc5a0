# php-src's own tests, with Tusk and without: what fails only with it is Tusk's failure.
#
# Twice: with Tusk loaded and not used, where everything must be as ever, and beside a
# coroutine that wakes every millisecond (bin/lib/php-src/beside.php), where every hook is
# on and the test is coroutine 0. Tests that fail only with Tusk are run once more, alone,
# with and without: those that fail on and off by themselves are nobody's.

# The engine, and every extension that the distribution has a package of which this project's tests install.
PHP_SRC_AREAS=(Zend/tests tests sapi/cli/tests ext/standard/tests)
for area in calendar ctype curl date dom exif ffi fileinfo filter ftp gettext hash iconv intl json ldap libxml mbstring mysqli odbc \
    opcache openssl pcntl pcre pdo_mysql pdo_odbc pdo_pgsql pdo_sqlite pgsql phar posix random readline reflection session shmop \
    simplexml soap sockets sodium spl sqlite3 sysvmsg sysvsem sysvshm tokenizer xml xmlreader xmlwriter xsl zend_test zip zlib; do
    PHP_SRC_AREAS+=("ext/$area/tests")
done
# Those that read other areas' files, or that others read.
PHP_SRC_SHARED=(ext/pdo/tests)

# Finds the sources: $TUSK_PHP_SRC, or the distribution's, kept in the cache.
php_src_tests() {
    PHP_SRC=${TUSK_PHP_SRC:-$(dirname "$CARGO_TARGET_DIR")/php-src}
    [ -f "$PHP_SRC/run-tests.php" ] && return
    [ -z "${TUSK_PHP_SRC:-}" ] && have dpkg-source || return
    local folder
    folder=$(mktemp -d)
    (cd "$folder" && apt-get source "php$(php -n -r 'echo PHP_MAJOR_VERSION, ".", PHP_MINOR_VERSION;')") >/dev/null 2>&1 || return
    mkdir -p "$(dirname "$PHP_SRC")"
    mv "$folder"/php*/ "$PHP_SRC"
    rm -rf "$folder"
}

# Starts the servers that tests of databases need, and tells the tests where they are.
php_src_servers() {
    local line
    coproc PHP_SRC_SERVERS { exec php "$1/servers.php" "$ROOT/php-tests/include"; }
    while read -r line <&"${PHP_SRC_SERVERS[0]}" && [ "$line" != READY ]; do
        export "${line?}"
    done
}

php_src_servers_stop() {
    local pid=$PHP_SRC_SERVERS_PID fd=${PHP_SRC_SERVERS[1]}
    exec {fd}>&-
    wait "$pid" || true
}

# php_src_compare loaded|beside
php_src_compare() {
    local work status=0
    work=$(mktemp -d)
    php_src_copy "$work"
    # A machine that is busy makes others wait; what the watchdog says of it differs from run to run.
    local -a with=(-d "extension=$work/tusk.so" -d tusk.block_warn=0) without=()
    if [ "$1" = beside ]; then
        without+=(-d "auto_prepend_file=$work/beside.php")
        with+=("${without[@]}")
    fi
    php_src_servers "$work"
    php_src_run "$work" plain "${without[@]}" "${PHP_SRC_AREAS[@]}"
    php_src_run "$work" tusk "${with[@]}" "${PHP_SRC_AREAS[@]}"
    local -a suspects
    mapfile -t suspects < <(comm -13 "$work/plain.failed" "$work/tusk.failed")
    : >"$work/new"
    if [ ${#suspects[@]} -gt 0 ]; then
        local -a again
        mapfile -t again < <(printf '%s\n' "${suspects[@]%%:*}" | sort -u)
        php_src_run "$work" again -j1 "${without[@]}" "${again[@]}"
        php_src_run "$work" tusk-again -j1 "${with[@]}" "${again[@]}"
        comm -13 "$work/again.failed" "$work/tusk-again.failed" >"$work/new"
        php_src_show "$work"
    fi
    php_src_servers_stop
    # Not Tusk's, but to be seen: a test that fails plainly shows nothing.
    comm -12 "$work/plain.failed" "$work/tusk.failed" | sed 's/^/fails plainly too: /'
    printf '%d passed, %d failed, %d skipped\n' "$(wc -l <"$work/tusk.passed")" "$(wc -l <"$work/new")" "$(wc -l <"$work/tusk.skipped")"
    [ ! -s "$work/new" ] || status=1
    rm -rf "$work"
    return "$status"
}

# A copy that an unprivileged user may write to: tests leave files beside themselves.
php_src_copy() {
    local area
    for area in "${PHP_SRC_AREAS[@]}" "${PHP_SRC_SHARED[@]}"; do
        [ ! -d "$PHP_SRC/$area" ] || (cd "$PHP_SRC" && cp -r --parents "$area" "$1")
    done
    cp "$PHP_SRC/run-tests.php" "$1"
    cp "$EXTENSION" "$1/tusk.so"
    cp "$ROOT"/bin/lib/php-src/*.php "$1"
    [ "$(id -u)" != 0 ] || chown -R nobody:nogroup "$1"
}

# php_src_run FOLDER NAME ARGUMENTS...: writes NAME.passed, NAME.failed and NAME.skipped.
php_src_run() {
    local work=$1 name=$2 as=() kind
    shift 2
    [ "$(id -u)" != 0 ] || as=(setpriv --reuid=nobody --regid=nogroup --clear-groups)
    (
        cd "$work"
        # run-tests ends with an error when a test fails; the lists tell more.
        env NO_INTERACTION=1 SKIP_ONLINE_TESTS=1 SKIP_SLOW_TESTS=1 HOME="$work" TEST_PHP_EXECUTABLE="$(command -v php)" \
            "${as[@]}" php run-tests.php -q -j"$(nproc)" --set-timeout 60 -W "$work/$name.results" "$@" >"$work/$name.log" 2>&1 || true
    )
    [ -s "$work/$name.results" ] || { tail -n 20 "$work/$name.log"; return 1; }
    for kind in PASSED FAILED SKIPPED; do
        # A test that is run for another extension is called "# ITS FILE: THE OTHER'S".
        sed -n "s|$work/||g; s|^$kind	\(# \)\{0,1\}||p" "$work/$name.results" | sort -u >"$work/$name.${kind,,}"
    done
}

# Names what is new, and how it differs.
php_src_show() {
    local test
    while read -r test; do
        say "FAIL $test"
        head -n 40 "$1/$(sed 's/.*: //; s/phpt$/diff/' <<<"$test")" 2>/dev/null || true
        # A diff may lack its last line end.
        say ''
    done <"$1/new"
}
