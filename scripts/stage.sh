#!/usr/bin/env bash
# Lays the built program out under FOLDER, ready to run from there or from wherever FOLDER is moved to:
#
#   stage.sh FOLDER [--without-libtorch] [--self-contained]
#
#   FOLDER/bin/comicvid                the launcher
#   FOLDER/lib/comicvid/               libcomicvid.so
#   FOLDER/lib/comicvid/torch, nvidia  libtorch and what it links
# With --self-contained, for other distributions:
#   FOLDER/lib/comicvid/*.so*          FFmpeg and what it links
#   FOLDER/lib/comicvid/fallback       libraries that graphics drivers link too: used only where the system has none
#   FOLDER/licences                    the terms of all that came from this system's packages
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

folder=$1
shift
with_libtorch=yes self_contained=no
for option in "$@"; do
    case $option in
        --without-libtorch) with_libtorch=no ;;
        --self-contained) self_contained=yes ;;
        *) echo "stage.sh: unknown option $option" >&2 && exit 2 ;;
    esac
done
program=target/release/comicvid library=target/release/deps/libcomicvid.so
lib=$folder/lib/comicvid

# What every Linux has in its own version (glibc), and the loaders that belong to a GPU's driver.
system='^(ld-linux.*|lib(c|m|dl|rt|pthread|resolv|util|nsl|anl|mvec|BrokenLocale)|lib(vulkan|GL|GLX|EGL|GLdispatch|OpenGL|cuda|nvidia-.*))\.so'
# What GPU drivers link as well: an older copy of ours must not get in their way. And PipeWire, whose library must suit its
# plugins.
shared='^lib(stdc\+\+|gcc_s|atomic|z|zstd|lzma|xml2|expat|ffi|elf|edit|tinfo|ncursesw?|bsd|md|drm.*|X.*|xcb.*|xshmfence|wayland-.*|va.*|vdpau|OpenCL|icu.*|bz2|pipewire.*|udev|sensors|pciaccess|unwind.*)[-.0-9]*\.so'

install -d "$folder/bin" "$lib"
install -m 755 "$program" "$folder/bin/comicvid"
install -m 644 "$library" "$lib/libcomicvid.so"
strip --strip-debug "$lib/libcomicvid.so" "$folder/bin/comicvid"
# The build's own folders do not belong into what is installed.
patchelf --remove-rpath "$folder/bin/comicvid"
# shellcheck disable=SC2016  # $ORIGIN is the dynamic linker's
patchelf --force-rpath --set-rpath '$ORIGIN:$ORIGIN/torch/lib' "$lib/libcomicvid.so"

libtorch=${LIBTORCH:-.libtorch/torch}
if [ $with_libtorch = yes ] && readelf -d "$library" | grep -q libtorch; then
    install -d "$lib/torch/lib"
    cp -L "$libtorch"/lib/*.so* "$lib/torch/lib/"
    # Nothing loads these two at run time: one only links others, one is Python's.
    rm -f "$lib/torch/lib/libtorch_global_deps.so" "$lib/torch/lib/libtorch_python.so"
    cp "$libtorch/version.py" "$lib/torch/"
    [ ! -d "$libtorch/licences" ] || cp -r "$libtorch/licences" "$lib/torch/"
    find "$libtorch/../nvidia" -name '*.so*' -printf '%P\n' 2>/dev/null | while read -r file; do
        install -D -m 644 "$libtorch/../nvidia/$file" "$lib/nvidia/$file"
    done
fi
[ $self_contained = yes ] || exit 0

install -d "$lib/fallback" "$folder/licences"
# ldd names every library in the end; those under libtorch's folder are dealt with above.
ldd "$library" | sed -n 's/^\t\([^ ]*\) => \(\/[^ ]*\) .*/\1 \2/p' | while read -r name path; do
    case $path in */torch/lib/* | */nvidia/*) continue ;; esac
    if [[ $name =~ $system ]]; then continue; fi
    to=$lib
    if [[ $name =~ $shared ]]; then to=$lib/fallback; fi
    install -m 644 "$(realpath "$path")" "$to/$name"
    # shellcheck disable=SC2016
    patchelf --force-rpath --set-rpath '$ORIGIN' "$to/$name"
    package=$(dpkg-query -S "$(realpath "$path")" 2>/dev/null | head -n 1 | cut -d : -f 1) || true
    [ -z "$package" ] || [ ! -e "/usr/share/doc/$package/copyright" ] ||
        install -m 644 "/usr/share/doc/$package/copyright" "$folder/licences/$package"
done
