#!/usr/bin/env bash
# A real device: the contract, streams and schedules against its own driver, then what its
# copies reach. No PHP is needed. docs/DEVICES.md has a table for the results.
#
#   benches/device_real.sh cuda|ascend|cambricon
#   benches/device_real.sh --pack FOLDER    builds here; run FOLDER/run KIND on the machine
set -euo pipefail

# What says something about a real device; the others set faults of simulated libraries.
TESTS=(
    'contract bytes_go_there_and_back_in_pieces_and_views'
    'contract work_is_done_in_the_order_of_asking'
    'contract memory_is_kept_trimmed_and_bounded'
    'streams what_uses_the_same_bytes_keeps_its_order_across_streams'
    'streams what_is_lent_waits_and_is_waited_for'
    'streams memory_of_somebody_else_is_given_back_to_them'
)

# build FOLDER: the programs, each a file.
build() {
    local name
    for name in contract streams schedules; do
        cp "$(cargo test --release --locked --package tusk-device --test "$name" --no-run --message-format json 2>/dev/null \
            | sed -n 's/.*"executable":"\([^"]*\)".*/\1/p' | tail -n1)" "$1/$name"
    done
    cp "$(cargo build --release --locked --package tusk-device --example device_check --message-format json 2>/dev/null \
        | sed -n 's/.*"executable":"\([^"]*\)".*/\1/p' | tail -n1)" "$1/device_check"
}

# run KIND FOLDER
run() {
    local kind=$1 folder=$2 test failed=0
    export TUSK_REAL_DEVICE=$kind
    for test in "${TESTS[@]}" "schedules random_schedules_on_$kind"; do
        "$folder/${test% *}" --exact "${test#* }" || failed=1
    done
    TUSK_DEVICE_STEPS=100000 "$folder/schedules" --exact "random_schedules_on_$kind" || failed=1
    "$folder/device_check" "$kind:0" || failed=1
    return "$failed"
}

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
case "${1:-}" in
    --pack)
        mkdir -p "$2"
        (cd "$here/.." && build "$2")
        cp "${BASH_SOURCE[0]}" "$2/run"
        ;;
    cuda | ascend | cambricon)
        if [ -x "$here/device_check" ]; then
            run "$1" "$here"
        else
            folder=$(mktemp -d)
            trap 'rm -rf "$folder"' EXIT
            (cd "$here/.." && build "$folder")
            run "$1" "$folder"
        fi
        ;;
    *)
        sed -n '2,7s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
        exit 2
        ;;
esac
