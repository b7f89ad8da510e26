#!/usr/bin/env bash
# Gets everything that building comicvid needs, and nothing twice. Run it again at any time; it says what it does.
#
#   ./setup.sh            to build and run
#   ./setup.sh --test     and to run the tests
#   ./setup.sh --farm     and for `make test-farm`
#   ./setup.sh --vm       and for `make test-vm` (Debian only)
#   ./setup.sh --bundle   and for `make install` and `make bundle`
#   ./setup.sh --cpu      libtorch without GPU support, even where an NVIDIA driver is found
#   ./setup.sh --cuda     libtorch with GPU support (4 GB), even where none is found
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

say() { printf 'setup: %s\n' "$*"; }
fail() {
    printf 'setup: %s\n' "$1" >&2
    shift
    for hint in "$@"; do printf '       %s\n' "$hint" >&2; done
    exit 1
}
have() { command -v "$1" >/dev/null 2>&1; }
as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif have sudo; then
        sudo "$@"
    else
        fail "\`$*\` needs root and there is no sudo" "run it as root, then run ./setup.sh again"
    fi
}

tests=no farm=no vm=no bundle=no torch=auto
for argument in "$@"; do
    case $argument in
        --test) tests=yes ;;
        --farm) farm=yes ;;
        --vm) vm=yes ;;
        --bundle) bundle=yes ;;
        --cpu) torch=cpu ;;
        --cuda) torch=cuda ;;
        -h | --help) sed -n '2,/^set /s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" && exit ;;
        *) fail "unknown option $argument" "./setup.sh --help lists them" ;;
    esac
done

system_packages() {
    # C and C++ compilers and make; FFmpeg; what reads FFmpeg's headers; PipeWire, for the virtual camera; Vulkan and a
    # driver that draws without a GPU.
    local packages=(build-essential pkg-config ca-certificates
        libavcodec-dev libavfilter-dev libavformat-dev libavutil-dev libswscale-dev
        libclang-dev libpipewire-0.3-dev
        libvulkan1 mesa-vulkan-drivers)
    [ -n "${LIBTORCH:-}" ] || python_with_pip >/dev/null || packages+=(python3 python3-pip)
    enough_rust || packages+=(curl)
    [ $tests = no ] || packages+=(ffmpeg
        dbus pipewire pipewire-bin wireplumber gstreamer1.0-tools gstreamer1.0-plugins-base gstreamer1.0-pipewire
        xvfb xdotool openbox libgl1-mesa-dri libxkbcommon-x11-0 obs-studio obs-plugins)
    [ $farm = no ] || packages+=(python3 python3-venv)
    [ $vm = no ] || packages+=(qemu-system-x86 busybox-static cpio xz-utils kmod v4l-utils python3 linux-headers-amd64)
    [ $bundle = no ] || packages+=(patchelf zstd)

    if ! have apt-get; then
        say "no apt-get here: these must be there already, under whatever names: ${packages[*]}"
        return
    fi
    local missing=() package
    for package in "${packages[@]}"; do
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
    done
    if [ ${#missing[@]} = 0 ]; then
        say "system packages: all there"
        return
    fi
    say "system packages: installing ${missing[*]}"
    as_root apt-get update -qq
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

ffmpeg_version() {
    # 59.37 is the libavcodec of FFmpeg 5.1.
    pkg-config --exists libavcodec libavfilter libavformat libavutil libswscale ||
        fail "FFmpeg's headers are not found" "install them, or set PKG_CONFIG_PATH to the lib/pkgconfig of an FFmpeg 5.1 or newer"
    pkg-config --atleast-version=59.37 libavcodec ||
        fail "FFmpeg 5.1 or newer is needed; this system's libavcodec is $(pkg-config --modversion libavcodec)" \
            "use Debian 12, Ubuntu 24.04 or newer, or build FFmpeg (./configure --enable-shared --enable-gpl --enable-libx264)" \
            "and set PKG_CONFIG_PATH to its lib/pkgconfig"
    say "FFmpeg: libavcodec $(pkg-config --modversion libavcodec)"
}

rust_needed() { sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml; }

enough_rust() {
    local version
    version=$(rustc --version 2>/dev/null | cut -d ' ' -f 2)
    have cargo && [ -n "$version" ] && [ "$(printf '%s\n' "$(rust_needed)" "$version" | sort -V | head -n 1)" = "$(rust_needed)" ]
}

rust_toolchain() {
    if enough_rust; then
        say "Rust: $(rustc --version)"
        return
    fi
    if have rustup; then
        say "Rust: getting the stable toolchain with rustup"
        rustup toolchain install stable --profile minimal >/dev/null
        rustup default stable >/dev/null
    elif have apt-get && ! have cargo && apt-cache policy rustup | grep -q 'Candidate: [0-9]'; then
        say "Rust: installing the rustup package and the stable toolchain"
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq rustup >/dev/null
        rustup default stable >/dev/null
    else
        say "Rust: installing the stable toolchain into ~/.cargo and ~/.rustup with the installer of rustup.rs"
        curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs |
            RUSTUP_INIT_SKIP_PATH_CHECK=yes sh -s -- -y --quiet --profile minimal --no-modify-path ||
            fail "could not install Rust" "install Rust $(rust_needed) or newer from https://rustup.rs and run ./setup.sh again"
        say "Rust: add ~/.cargo/bin to your PATH to use cargo yourself (make finds it)"
    fi
    enough_rust ||
        fail "Rust $(rust_needed) or newer is needed; there is $(rustc --version)" "run \`rustup update stable\` and ./setup.sh again"
    say "Rust: $(rustc --version)"
}

python_with_pip() {
    local python
    for python in python3 /usr/bin/python3; do
        if "$python" -m pip --version >/dev/null 2>&1; then
            echo "$python"
            return
        fi
    done
    return 1
}

nvidia_driver() { [ -e /dev/nvidia0 ] || nvidia-smi -L >/dev/null 2>&1; }

libtorch() {
    local folder=.libtorch options=() python version kind="without GPU support (530 MB to download)"
    version=$(sed -n 's/^TORCH = "torch==\(.*\)"/\1/p' scripts/libtorch.py)
    if [ -n "${LIBTORCH:-}" ] && [ ! "$LIBTORCH" -ef $folder/torch ]; then
        [ -e "$LIBTORCH/lib/libtorch_cpu.so" ] || fail "LIBTORCH is $LIBTORCH, where there is no lib/libtorch_cpu.so"
        say "libtorch: the one in $LIBTORCH, as LIBTORCH says"
        return
    fi
    if [ $torch = auto ]; then
        if nvidia_driver; then torch=cuda; else torch=cpu; fi
    fi
    # FOLDER/torch appears last and complete, so what is there can be used.
    if grep -qsF "'$version" $folder/torch/version.py && { [ $torch = cpu ] || [ -e $folder/torch/lib/libtorch_cuda.so ]; }; then
        say "libtorch: $version is in $folder"
        return
    fi
    python=$(python_with_pip) || fail "libtorch comes from the Python package index: python3 with pip is needed"
    if [ $torch = cuda ]; then
        options+=(--cuda)
        kind="with GPU support (2.5 GB to download)"
    fi
    say "libtorch: getting $version $kind into $folder"
    "$python" scripts/libtorch.py $folder ${options[@]+"${options[@]}"}
}

export PATH="$HOME/.cargo/bin:$PATH"
system_packages
ffmpeg_version
rust_toolchain
libtorch
say "done"
