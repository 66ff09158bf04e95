#!/bin/bash
# The floor of `lab up`: the machines of tun-basic booted to readiness by plain commands, with no part of the tool.
#
#   bench/floor.sh IMAGE_DIR WORK_DIR [tcg|kvm]
#
# IMAGE_DIR is a built guest image (kernel, initrd, root, disk). Prints one line of JSON: seconds to readiness of the
# last machine, and PSS in bytes and CPU seconds of each machine. Ends every process that it started.
set -euo pipefail

image=$1
work=$2
accel=${3:-tcg}

mkdir -p "$work"
cd "$work"
started=()
trap 'kill "${started[@]}" 2>/dev/null || true' EXIT

begin=$(date +%s%N)

for segment in outside inside; do
  vde_switch --daemon --sock "$work/$segment" --pidfile "$work/$segment.pid" </dev/null
done

# A key pair for all: what one costs the host is nothing beside a boot.
ssh-keygen -q -t ed25519 -N '' -f "$work/key"

machine() {
  local name=$1 number=$2
  shift 2
  mkdir -p "$name/etc/ssh" "$name/root/.ssh"
  echo "$name" >"$name/etc/hostname"
  printf '%032x\n' "$number" >"$name/etc/machine-id"
  cp key "$name/etc/ssh/ssh_host_ed25519_key"
  cp key.pub "$name/root/.ssh/authorized_keys"
  tar --owner=0 --group=0 -C "$name" -cf "$name.tar" etc root
  qemu-img create -q -f qcow2 -b "$image/disk" -F qcow2 "$name.qcow2"

  local nics=() index=0
  for segment in "$@"; do
    index=$((index + 1))
    nics+=(-netdev "vde,id=lan$index,sock=$work/$segment")
    nics+=(-device "virtio-net-pci,netdev=lan$index,mac=52:54:00:0$index:00:0$number,romfile=")
  done
  qemu-system-x86_64 -nodefaults -no-user-config -display none -daemonize -pidfile "$work/$name.pid" \
    -machine "q35,usb=off,vmport=off" -accel "$([ "$accel" = tcg ] && echo tcg,tb-size=64 || echo "$accel")" \
    -cpu "$([ "$accel" = tcg ] && echo max || echo host)" -m 256M -smp 1 \
    -kernel "$image/kernel" -initrd "$image/initrd" -append 'console=ttyS0 net.ifnames=0 quiet panic=0 init_on_alloc=0 cryptomgr.notests' \
    -chardev "file,id=console,path=$work/$name.log" -serial chardev:console \
    -blockdev "raw,node-name=root,read-only=on,file.driver=file,file.filename=$image/root,file.read-only=on,file.locking=off" \
    -device virtio-blk-pci,drive=root \
    -blockdev "qcow2,node-name=disk,file.driver=file,file.filename=$work/$name.qcow2" -device virtio-blk-pci,drive=disk \
    -blockdev "raw,node-name=seed,read-only=on,file.driver=file,file.filename=$work/$name.tar,file.read-only=on" \
    -device virtio-blk-pci,drive=seed \
    -netdev 'user,id=mgmt,restrict=on' -device "virtio-net-pci,netdev=mgmt,mac=52:54:00:00:00:0$number,romfile=" \
    "${nics[@]}" -device virtio-rng-pci
}

machine client 1 outside
machine router 2 outside inside
machine director 3 inside
machine rs1 4 inside
machine rs2 5 inside

for name in outside inside client router director rs1 rs2; do
  while ! [ -s "$name.pid" ]; do sleep 0.02; done
  started+=("$(cat "$name.pid")")
done

deadline=$((SECONDS + 300))
for name in client router director rs1 rs2; do
  until grep -q '^lab: ready' "$name.log"; do
    if [ $SECONDS -gt $deadline ]; then
      echo "$name is not ready after 300 s" >&2
      exit 1
    fi
    sleep 0.05
  done
done
end=$(date +%s%N)

machines=''
for name in client router director rs1 rs2; do
  pid=$(cat "$name.pid")
  pss=$(awk '/^Pss:/ { print $2 * 1024 }' "/proc/$pid/smaps_rollup")
  cpu=$(awk -v hz="$(getconf CLK_TCK)" '{ print ($14 + $15) / hz }' "/proc/$pid/stat")
  machines+="${machines:+,}{\"node\":\"$name\",\"memory\":$pss,\"cpuSeconds\":$cpu}"
done
echo "{\"seconds\":$(((end - begin) / 1000000))e-3,\"machines\":[$machines]}"
