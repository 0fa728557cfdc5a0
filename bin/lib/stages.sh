# Stages of a test run: each is a command whose counts are added up.
#
# A stage's output goes to a log. Its last line of the form `N passed, N failed, N skipped`
# counts; a stage without one counts as one. A stage that ends with an error has at least
# one failure, whatever it printed. Shown are one line a stage, every SKIP line, and the
# log of a stage that failed or in which a test passed only when tried again.

PASSED=0 FAILED=0 SKIPPED=0
# Enough for every failure that somebody would read in one go.
LOG_LINES=400
LOGS=$(mktemp -d)
trap 'rm -rf "$LOGS"' EXIT

# stage NAME COMMAND...: always succeeds; STAGE_STATUS has what the command ended with.
stage() {
    local name=$1 log="$LOGS/log" status=0 begun=$SECONDS counts passed failed skipped
    shift
    ("$@") >"$log" 2>&1 </dev/null || status=$?
    STAGE_STATUS=$status
    counts=$(grep -E '^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$' "$log" | tail -n1 || true)
    if [ -n "$counts" ]; then
        read -r passed failed skipped <<<"$(tr -cd '0-9 ' <<<"$counts")"
        [ "$status" = 0 ] || [ "$failed" != 0 ] || failed=1
    elif [ "$status" = 0 ]; then
        passed=1 failed=0 skipped=0
    else
        passed=0 failed=1 skipped=0
    fi
    PASSED=$((PASSED + passed)) FAILED=$((FAILED + failed)) SKIPPED=$((SKIPPED + skipped))
    printf '%-44s %5d passed %3d failed %3d skipped %5ds\n' "$name" "$passed" "$failed" "$skipped" $((SECONDS - begun))
    if [ "$failed" != 0 ] || grep -qE '^(UNSTEADY| +FLAKY) ' "$log"; then
        tail -n "$LOG_LINES" "$log" | sed 's/^/    /'
    else
        grep -E '^SKIP ' "$log" | sed 's/^/    /' || true
    fi
}

# skip NAME REASON: a stage that cannot run here.
skip() {
    SKIPPED=$((SKIPPED + 1))
    printf '%-44s %5d passed %3d failed %3d skipped\n    SKIP %s: %s\n' "$1" 0 0 1 "$1" "$2"
}

# Runs a Rust test command and turns its summary into a counts line.
rust_tests() {
    local log status=0
    log=$(mktemp)
    "$@" >"$log" 2>&1 || status=$?
    cat "$log"
    # nextest has one summary; cargo test has a line for each binary.
    awk '
        /^ *Summary \[/ {
            for (i = 1; i < NF; i++) {
                if ($(i + 1) ~ /^passed/) passed = $i
                if ($(i + 1) ~ /^failed/ || $(i + 1) ~ /^timed/) failed += $i
                if ($(i + 1) ~ /^skipped/) skipped = $i
            }
        }
        /^test result:/ { passed += $4; failed += $6; skipped += $8 }
        END {
            if (passed + failed == 0) print "no test was run"
            printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
            exit passed + failed == 0
        }
    ' "$log" || status=1
    rm -f "$log"
    return "$status"
}

# Prints the totals, for people or, when $TUSK_COUNTS names a file, for a caller that adds
# them to its own. The exit status says whether something failed or nothing ran.
finish() {
    if [ -n "${TUSK_COUNTS:-}" ]; then
        printf '%d %d %d\n' "$PASSED" "$FAILED" "$SKIPPED" >"$TUSK_COUNTS"
    else
        printf '%d passed, %d failed, %d skipped\n' "$PASSED" "$FAILED" "$SKIPPED"
    fi
    [ "$FAILED" = 0 ] && [ "$PASSED" -gt 0 ]
}
