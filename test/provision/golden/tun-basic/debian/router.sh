#!/bin/bash
#
# router, a node of the lab tun-basic: LVS-TUN behind a router, two real servers in the director's subnet
#
# Router between outside and inside.
#
#   bash router.sh        sets this machine up, now and for every boot; may be run again at any time
#   bash router.sh boot   only what a reboot undoes; what lab-node.service runs

set -euo pipefail

if ((EUID != 0)); then
  echo "$0: only root can set up a machine" >&2
  exit 1
fi

if [[ ${1:-} != boot ]]; then
  # Packages: only what is missing, so that an image which has everything needs no network. Before the network, because
  # the lab's gateway does not lead to the package archive.
  missing=()
  command -v arping > /dev/null || missing+=(iputils-arping)
  command -v tcpdump > /dev/null || missing+=(tcpdump)
  if ((${#missing[@]})); then
    export DEBIAN_FRONTEND=noninteractive
    apt-get --quiet update
    apt-get --quiet --yes --no-install-recommends install "${missing[@]}"
  fi
fi

# The NICs, found by MAC address: their names differ from system to system (eth1, ens5, enp0s8).
nic_with_mac() {
  local file mac
  for file in /sys/class/net/*/address; do
    read -r mac < "$file"
    if [[ $mac == "$1" ]]; then
      file=${file%/address}
      echo "${file##*/}"
      return
    fi
  done
  echo "$0: no NIC has the MAC address $1; is this the right script for this machine?" >&2
  return 1
}
outside=$(nic_with_mac 52:54:00:01:00:02)
inside=$(nic_with_mac 52:54:00:02:00:02)

# Addresses. Each NIC is emptied first, so that a second run also takes away what was added by hand.
ip link set "$outside" up
ip -4 address flush dev "$outside"
ip address add 192.168.1.1/24 dev "$outside"
ip link set "$inside" up
ip -4 address flush dev "$inside"
ip address add 192.168.2.1/24 dev "$inside"
# No gateway. Where a default route leads out of the NIC that the machine is managed by, nothing of the lab may take it.
ip route replace unreachable default

# Forward packets. The replies of real servers have the VIP as their source and may come from another side than the VIP's
# own, so the check of the reverse path (rp_filter) is off. The kernel takes the larger of "all" and the NIC's value.
sysctl --quiet --write \
  net.ipv4.ip_forward=1 \
  net.ipv4.conf.all.rp_filter=0 \
  "net.ipv4.conf.$outside.rp_filter=0" \
  "net.ipv4.conf.$inside.rp_filter=0"

# All that follows is on disk and survives a reboot by itself.
if [[ ${1:-} == boot ]]; then
  exit
fi

# The lab's nodes by name. The mark at the end of each line lets the next run take it out again.
sed --in-place '/ # lab$/d' /etc/hosts
cat >> /etc/hosts <<'EOF'
192.168.1.200 client # lab
192.168.1.1 router # lab
192.168.2.1 router # lab
192.168.2.200 director # lab
192.168.2.220 rs1 # lab
192.168.2.210 rs2 # lab
EOF

# The same again at every boot. systemd reads the new unit then; making the link is what `systemctl enable` does.
if [[ ! $0 -ef /usr/local/sbin/lab-node ]]; then
  install --mode=755 "$0" /usr/local/sbin/lab-node
fi
cat > /etc/systemd/system/lab-node.service <<'EOF'
[Unit]
Description=Node router of the lab tun-basic
# After all that configures networks, so that the lab has the last word.
After=network.target
Before=network-online.target

[Service]
Type=oneshot
RemainAfterExit=yes
# The kernel may still be finding NICs.
ExecStartPre=-/usr/bin/udevadm settle --timeout=30
ExecStart=/usr/local/sbin/lab-node boot

[Install]
WantedBy=multi-user.target
EOF
mkdir --parents /etc/systemd/system/multi-user.target.wants
ln --symbolic --force /etc/systemd/system/lab-node.service /etc/systemd/system/multi-user.target.wants/
