#!/bin/bash
# A cloud image as distributions publish them, made of Debian's packages: a qcow2 disk with a partition, GRUB for a BIOS,
# and cloud-init, which makes a machine of it. Only smaller, and with all packages that labs need.
#
#   bash cloud-image.sh OUTPUT.qcow2 DIR      DIR: for what is made on the way; must be empty
set -euo pipefail
output=$1 dir=$2
export LC_ALL=C.UTF-8
sectors=$((2 * 1024 * 1024 * 2))

packages=(
  linux-image-cloud-amd64 initramfs-tools zstd grub-pc-bin grub-common fdisk
  systemd-sysv udev dbus libpam-systemd openssh-server cloud-init iproute2 kmod procps
  ipvsadm apache2 curl tcpdump iputils-arping
)
IFS=,
mmdebstrap --mode=root --variant=essential --include="${packages[*]}" --dpkgopt=force-unsafe-io \
  --dpkgopt=path-exclude=/usr/share/{man,locale,doc,info}/'*' --aptopt='Acquire::Languages "none"' \
  --essential-hook="sync-in $(dirname "$0")/cloud-image /" \
  --customize-hook="chroot \"\$1\" bash /finish.sh $sectors; rm \"\$1/finish.sh\"; mv \"\$1/disk\" '$dir/disk'" \
  bookworm "$dir/root" ${LAB_DEBIAN_MIRROR:+"$LAB_DEBIAN_MIRROR"}

mkfs.ext4 -q -F -O '^metadata_csum_seed,^orphan_file' -E offset=1048576 -d "$dir/root" "$dir/disk" "$((sectors / 2 - 1024))k"
qemu-img convert -f raw -O qcow2 "$dir/disk" "$output"
