#!/usr/bin/env bash
# Real drivers, without touching this machine's kernel: boots Debian's own in QEMU, with this machine's files as its root
# (read-only; what is written there is gone with it), and runs guest.py there, which drives target/debug/comicvid against
# the camera driver `vivid` and the module `v4l2loopback`. `make test-vm` calls it; `./setup.sh --vm` gets what it needs.
#
# The processor is emulated (TCG): slow, but the same everywhere, and without /dev/kvm.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
here=tests/vm cache=$PWD/target/vm

say() { printf 'vm: %s\n' "$*"; }
fail() { say "$*" >&2 && exit 1; }

kernel=$(apt-cache depends linux-image-amd64 2>/dev/null | sed -n 's/.*Depends: linux-image-\([0-9].*\)/\1/p' | head -n 1)
[ -n "$kernel" ] || fail "apt knows no linux-image-amd64: this needs Debian (and apt-get update)"
headers=/usr/src/linux-headers-$kernel
[ -d "$headers" ] || fail "there is no $headers: ./setup.sh --vm installs it"
root=$cache/$kernel

unpack() { (cd "$cache" && apt-get download -qq "$1" 2>/dev/null && dpkg-deb -x "$1"_*.deb "$2" && rm "$1"_*.deb) || fail "cannot get the package $1"; }

prepare() {
    say "getting Linux $kernel and building v4l2loopback for it"
    rm -rf "$cache" && mkdir -p "$cache"
    unpack "linux-image-$kernel" "$root.new"
    unpack v4l2loopback-dkms "$cache/loopback"
    local source
    source=$(echo "$cache"/loopback/usr/src/v4l2loopback-*)
    make -s -C "$headers" M="$source" modules >/dev/null
    install -D -m 644 "$source/v4l2loopback.ko" "$root.new/lib/modules/$kernel/updates/v4l2loopback.ko"
    depmod -b "$root.new" "$kernel"
    # It has its name only when it is whole.
    mv "$root.new" "$root"
}

# What the kernel needs until it can read the machine's files, and /init.
initrd() {
    local tree=$cache/initrd
    rm -rf "$tree" && mkdir -p "$tree"/{bin,proc,sys,dev,modules,host,top,new}
    cp "$(command -v busybox)" "$tree/bin/busybox"
    install -m 755 $here/init "$tree/init"
    local module
    for module in virtio_pci 9pnet_virtio 9p overlay; do
        modprobe -d "$root" -S "$kernel" --show-depends "$module" | sed -n 's/^insmod \([^ ]*\).*/\1/p'
    done | awk '!seen[$0]++' | while read -r module; do
        local name
        name=$(basename "$module" .xz)
        case $module in *.xz) xz -dc "$module" ;; *) cat "$module" ;; esac >"$tree/modules/$name"
        echo "$name" >>"$tree/modules/order"
    done
    (cd "$tree" && find . | cpio --quiet -o -H newc | gzip -1) >"$cache/initrd.gz"
}

[ -d "$root" ] || prepare
initrd
rm -f "$cache/outcome"
say "booting Linux $kernel"
start=$SECONDS
# The second serial line is the guest's verdict: nothing else writes there.
timeout --foreground 1500 qemu-system-x86_64 -accel tcg,thread=multi -cpu max -smp 2 -m 3072 \
    -machine q35 -nodefaults -no-user-config -display none -no-reboot \
    -kernel "$root/boot/vmlinuz-$kernel" -initrd "$cache/initrd.gz" \
    -append "console=ttyS0 panic=-1 quiet comicvid=$PWD modules=$root/lib/modules/$kernel" \
    -serial stdio -serial "file:$cache/outcome" \
    -fsdev local,id=host,path=/,security_model=none,readonly=on,multidevs=remap \
    -device virtio-9p-pci,fsdev=host,mount_tag=host </dev/null || fail "QEMU ended with $?"
[ "$(tr -d '\r\n' <"$cache/outcome")" = passed ] || fail "failed after $((SECONDS - start)) s"
say "passed in $((SECONDS - start)) s"
