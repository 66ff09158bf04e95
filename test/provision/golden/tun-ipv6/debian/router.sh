#!/bin/bash
#
# router, a node of the lab tun-ipv6: LVS-TUN over IPv6, two real servers in the director's subnet
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
#
# Some boxes switch IPv6 off. Routes are what stands here, and nothing that a router advertises (accept_ra). An address can be
# used at once, without a wait whether somebody else has it (nodad).
sysctl --quiet --write net.ipv6.conf.all.disable_ipv6=0
ip link set "$outside" up
sysctl --quiet --write "net.ipv6.conf.$outside.accept_ra=0"
ip -6 address flush dev "$outside" scope global
ip -6 route flush dev "$outside" proto boot
ip address add fd00:1::1/64 dev "$outside" nodad
ip link set "$inside" up
sysctl --quiet --write "net.ipv6.conf.$inside.accept_ra=0"
ip -6 address flush dev "$inside" scope global
ip -6 route flush dev "$inside" proto boot
ip address add fd00:2::1/64 dev "$inside" nodad
# No gateway. Where a default route leads out of the NIC that the machine is managed by, nothing of the lab may take it.
ip -6 route replace unreachable default metric 1

# Forward packets.
sysctl --quiet --write net.ipv6.conf.all.forwarding=1

# All that follows is on disk and survives a reboot by itself.
if [[ ${1:-} == boot ]]; then
  exit
fi

# The lab's nodes by name. The mark at the end of each line lets the next run take it out again.
sed --in-place '/ # lab$/d' /etc/hosts
cat >> /etc/hosts <<'EOF'
fd00:1::200 client # lab
fd00:1::1 router # lab
fd00:2::1 router # lab
fd00:2::200 director # lab
fd00:2::220 rs1 # lab
fd00:2::210 rs2 # lab
EOF

# The same again at every boot. systemd reads the new unit then; making the link is what `systemctl enable` does.
if [[ ! $0 -ef /usr/local/sbin/lab-node ]]; then
  install --mode=755 "$0" /usr/local/sbin/lab-node
fi
cat > /etc/systemd/system/lab-node.service <<'EOF'
[Unit]
Description=Node router of the lab tun-ipv6
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
