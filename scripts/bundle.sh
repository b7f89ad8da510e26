#!/usr/bin/env bash
# Packs dist/comicvid-VERSION-ARCH-linux[-no-libtorch].tar.zst from target/release: bundle.sh yes|no (libtorch inside).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

inside=${1:-yes}
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
name=comicvid-$version-$(uname -m)-linux
options=(--self-contained)
if [ "$inside" = no ]; then
    name+=-no-libtorch
    options+=(--without-libtorch)
fi

rm -rf "dist/$name"
scripts/stage.sh "dist/$name" "${options[@]}"
cp LICENSE-MIT LICENSE-APACHE "dist/$name/licences/"
cat >"dist/$name/README.txt" <<TEXT
comicvid $version: turns video into a comic.

Run bin/comicvid from here, or link to it: ln -s "\$PWD/bin/comicvid" ~/.local/bin/
It needs glibc $(ldd --version | head -n 1 | grep -o '[0-9.]*$') or newer and a Vulkan driver; without a GPU, Mesa's software driver
(Debian and Ubuntu: apt install libvulkan1 mesa-vulkan-drivers; Fedora: dnf install vulkan-loader mesa-vulkan-drivers).
$([ "$inside" != no ] || printf '%s\n' "libtorch 2.11 is not inside: pip install torch==2.11.0, or set COMICVID_LIBTORCH to its folder.")

comicvid is under MIT or Apache-2.0. licences/ has the terms of the libraries that were packed with it; FFmpeg is built
with x264 and others under the GPL here, so this archive as a whole is under the GPL.
TEXT
archive=dist/$name.tar.zst
tar -C dist -c "$name" | zstd -q -T0 -9 -f -o "$archive"
rm -rf "dist/$name"
echo "$archive ($(du -h "$archive" | cut -f 1))"
