#!/bin/bash
#
# dc-east, a node of the lab tun-two-tier: Two tiers of directors: LVS-TUN to two data centres, LVS-DR to the servers inside
#
# Real server of global: 192.168.1.200:80, LVS-TUN.
# Director of east: 192.168.1.200:80, LVS-DR, rr, to rs1 and rs2.
#
#   bash dc-east.sh        sets this machine up, now and for every boot; may be run again at any time
#   bash dc-east.sh boot   only what a reboot undoes; what lab-node.service runs

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
  command -v ipvsadm > /dev/null || missing+=(ipvsadm)
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
wan=$(nic_with_mac 52:54:00:01:00:03)
east=$(nic_with_mac 52:54:00:02:00:03)

# Addresses. Each NIC is emptied first, so that a second run also takes away what was added by hand.
ip link set "$wan" up
ip -4 address flush dev "$wan"
ip address add 192.168.1.2/24 dev "$wan"
ip link set "$east" up
ip -4 address flush dev "$east"
ip address add 192.168.2.1/24 dev "$east"
# No gateway. Where a default route leads out of the NIC that the machine is managed by, nothing of the lab may take it.
ip route replace unreachable default

# TUN: the director wraps each request in a packet to this machine (IP in IP, protocol 4). tunl0 unwraps it and has the
# VIP it is for.
modprobe ipip

# Before the VIP is there:
#   arp_ignore, arp_announce  only the director may answer ARP for the VIP, and nobody may learn it from ARP requests of
#                             this machine: requests would then come here past the director
#   rp_filter                 requests come out of tunl0, but the way back to the client leads through a NIC: the check
#                             of the reverse path would drop them. The kernel takes the larger of "all" and tunl0's value
#   ip_forward                a request for the VIP while it is missing here is dropped, not sent round in circles
sysctl --quiet --write \
  net.ipv4.conf.all.arp_ignore=1 \
  net.ipv4.conf.all.arp_announce=2 \
  net.ipv4.conf.all.rp_filter=0 \
  net.ipv4.conf.tunl0.rp_filter=0 \
  net.ipv4.ip_forward=0

ip link set tunl0 up
ip -4 address flush dev tunl0
ip address add 192.168.1.200/32 dev tunl0

# IPVS. The table is built anew, so that it holds what stands here and nothing else. Connections live on: IPVS keeps them
# apart from the table and joins them to the same real server when that comes back.
modprobe --all ip_vs ip_vs_rr
# The director sees only the client's half of a connection, so it cannot tell when it ends. A client that uses a port
# again is a new connection (2), not the old one for another two minutes.
sysctl --quiet --write net.ipv4.vs.conn_reuse_mode=2
ipvsadm -C
ipvsadm -A -t 192.168.1.200:80 -s rr
ipvsadm -a -t 192.168.1.200:80 -r 192.168.2.101:80 -g
ipvsadm -a -t 192.168.1.200:80 -r 192.168.2.102:80 -g

# All that follows is on disk and survives a reboot by itself.
if [[ ${1:-} == boot ]]; then
  exit
fi

# The lab's nodes by name. The mark at the end of each line lets the next run take it out again.
sed --in-place '/ # lab$/d' /etc/hosts
cat >> /etc/hosts <<'EOF'
192.168.1.10 client # lab
192.168.1.100 front # lab
192.168.1.2 dc-east # lab
192.168.2.1 dc-east # lab
192.168.1.3 dc-west # lab
192.168.3.1 dc-west # lab
192.168.2.101 rs1 # lab
192.168.1.101 rs1 # lab
192.168.2.102 rs2 # lab
192.168.1.102 rs2 # lab
192.168.1.103 rs3 # lab
192.168.3.103 rs3 # lab
EOF

# The same again at every boot. systemd reads the new unit then; making the link is what `systemctl enable` does.
if [[ ! $0 -ef /usr/local/sbin/lab-node ]]; then
  install --mode=755 "$0" /usr/local/sbin/lab-node
fi
cat > /etc/systemd/system/lab-node.service <<'EOF'
[Unit]
Description=Node dc-east of the lab tun-two-tier
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
