# What the machine needs, and how it gets there on Debian and its relatives.
#
# A need is "command:package" or "file:package". What is there already is never touched;
# so a PHP or a Rust that did not come from the distribution is used as it is.

# PHP's packages carry the version of the PHP that is there; without one, Debian's own.
php_prefix() { php -n -r 'echo "php", PHP_MAJOR_VERSION, ".", PHP_MINOR_VERSION;' 2>/dev/null || echo php; }
PHP=$(php_prefix)

NEEDS_BUILD=("php:$PHP-cli" "php-config:$PHP-dev" "phpize:$PHP-dev" gcc:gcc make:make git:git)
NEEDS_DEMO=(curl:curl /usr/share/doc/python3-pip:python3-pip)
NEEDS_TEST=(curl:curl /usr/share/doc/python3-pip:python3-pip "php-cgi:$PHP-cgi" valgrind:valgrind redis-server:redis-server mariadbd:mariadb-server fusermount3:fuse3 ip:iproute2 unshare:util-linux
    /usr/lib/postgresql:postgresql pgbouncer:pgbouncer memcached:memcached /usr/sbin/slapd:slapd
    /usr/share/doc/odbc-postgresql:odbc-postgresql /usr/share/doc/odbc-mariadb:odbc-mariadb
    /usr/share/doc/libsqliteodbc:libsqliteodbc /usr/share/doc/libodbc2:libodbc2
    phpunit:phpunit chromium:chromium
    /usr/share/php/Mockery:php-mockery /usr/share/php/GuzzleHttp:php-guzzlehttp-guzzle)
NEEDS_BENCH=(curl:curl /usr/share/doc/python3-pip:python3-pip wrk:wrk taskset:util-linux redis-server:redis-server mariadbd:mariadb-server /usr/lib/postgresql:postgresql
    /usr/share/doc/odbc-postgresql:odbc-postgresql /usr/share/doc/odbc-mariadb:odbc-mariadb
    /usr/share/doc/libsqliteodbc:libsqliteodbc)

# Extensions of PHP, as name:package without the prefix.
EXTENSIONS_DEMO=(pdo_sqlite:sqlite3)
EXTENSIONS_TEST=(pdo_sqlite:sqlite3 pdo_mysql:mysql mysqli:mysql redis:redis curl:curl dom:xml mbstring:mbstring
    pdo_pgsql:pgsql pgsql:pgsql pdo_odbc:odbc memcached:memcached ldap:ldap soap:soap sqlite3:sqlite3 zip:zip)
EXTENSIONS_BENCH=(pdo_sqlite:sqlite3 pdo_mysql:mysql pdo_pgsql:pgsql pdo_odbc:odbc redis:redis curl:curl)

# The Debian 12 packages of a Rust that is new enough; its plain `rustc` is 1.63.
RUST_PACKAGES=(rustc-web cargo-web rustfmt-web rust-web-clippy)
RUST_MINIMUM=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' "$ROOT/Cargo.toml")

# ensure_packages GROUP...: installs what the groups BUILD, DEMO, TEST, BENCH lack. As root
# without questions; otherwise it says the command and fails.
ensure_packages() {
    local missing=() need group
    for group in "$@"; do
        local -n needs=NEEDS_$group
        for need in "${needs[@]}"; do
            have "${need%%:*}" || missing+=("${need#*:}")
        done
        [ "$group" = BUILD ] || missing_extensions "$group"
        if [ "$group" = TEST ] && ! xdebug_is_there; then
            missing+=("$PHP-xdebug")
        fi
    done
    new_enough_rust || missing+=("${RUST_PACKAGES[@]}")
    if [ ${#missing[@]} -gt 0 ]; then
        local xdebug_was_there=yes
        xdebug_is_there || xdebug_was_there=no
        mapfile -t missing < <(printf '%s\n' "${missing[@]}" | sort -u)
        install_packages "${missing[@]}"
        # Its tests load it; everybody else's PHP would be slower and print differently.
        if [ "$xdebug_was_there" = no ] && xdebug_is_there; then
            phpdismod xdebug
        fi
    fi
    new_enough_rust || die "Rust $RUST_MINIMUM or later is needed (cargo, rustc, rustfmt, clippy), found: $(rustc --version 2>/dev/null || echo none).
On Debian 12: apt-get install -y ${RUST_PACKAGES[*]}"
}

# Adds to `missing` what PHP lacks of the group's extensions.
missing_extensions() {
    local -n wanted=EXTENSIONS_$1
    local loaded need
    # PHP itself may be missing too; then its extensions are, all of them.
    loaded=$(php -m 2>/dev/null || true)
    for need in "${wanted[@]}"; do
        grep -qix -- "${need%%:*}" <<<"$loaded" || missing+=("$PHP-${need#*:}")
    done
}

xdebug_is_there() { compgen -G '/usr/lib/php/*/xdebug.so' >/dev/null; }

new_enough_rust() {
    have cargo && have rustc || return 1
    local version
    version=$(rustc --version | cut -d' ' -f2)
    [ "$(printf '%s\n%s\n' "$RUST_MINIMUM" "$version" | sort -V | head -n1)" = "$RUST_MINIMUM" ]
}

install_packages() {
    have apt-get || die "these are missing, by the names Debian has for them: $*"
    local command="apt-get install -y --no-install-recommends $*"
    [ "$(id -u)" = 0 ] || die "these packages are missing; install them, then come back:
  sudo $command"
    say "Installing $*"
    local log
    log=$(mktemp)
    if ! { apt-get update && DEBIAN_FRONTEND=noninteractive $command; } >"$log" 2>&1; then
        tail -n 20 "$log" >&2
        die "apt-get could not install them: $command"
    fi
    rm -f "$log"
}
