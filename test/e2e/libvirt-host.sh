#!/bin/bash
# A libvirt that touches nothing of the host: libvirtd in namespaces of its own for networks, mounts and processes, so
# that its bridges, packet filter rules, files and machines end with it. Prints "ready" and stays until it is killed.
#
#   unshare --mount --net --pid --fork --mount-proc --kill-child bash libvirt-host.sh DIR
set -euo pipefail
dir=$1

ip link set lo up
for path in /etc/libvirt /var/lib/libvirt /var/cache/libvirt /var/log/libvirt; do
  mkdir -p "$path" "$dir$path"
  cp -a "$path/." "$dir$path/"
  mount --bind "$dir$path" "$path"
done
mount -t tmpfs tmpfs /run
# Networks and machines that the host has defined are not for here.
rm -rf /etc/libvirt/qemu
# QEMU runs as root, who may read everything: as another user it would need a way into the directories of the test.
printf '%s\n' 'user = "root"' 'group = "root"' 'security_driver = "none"' >> /etc/libvirt/qemu.conf

virtlogd --daemon --pid-file "$dir/virtlogd.pid"
libvirtd --daemon --pid-file "$dir/libvirtd.pid"
for _ in {1..100}; do
  if virsh --connect qemu:///system version > "$dir/version" 2>&1; then
    echo ready
    # As the first process it has to take leave of all others that end.
    sleep infinity &
    wait
  fi
  sleep 0.1
done
cat "$dir/version" >&2
exit 1
