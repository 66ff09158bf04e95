#!/bin/bash
#
# rs1, a node of the lab tun-udp: a UDP service, DNS, with and without one-packet scheduling
#
# Real server of dns: 172.25.88.100:53, LVS-TUN.
# Real server of dns-ops: 172.25.88.100:5353, LVS-TUN.
#
#   bash rs1.sh        sets this machine up, now and for every boot; may be run again at any time
#   bash rs1.sh boot   only what a reboot undoes; what lab-node.service runs

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
  command -v dnsmasq > /dev/null || missing+=(dnsmasq-base)
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
lan=$(nic_with_mac 52:54:00:01:00:03)

# Addresses. Each NIC is emptied first, so that a second run also takes away what was added by hand.
ip link set "$lan" up
ip -4 address flush dev "$lan"
ip address add 172.25.88.2/24 dev "$lan"
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
ip address add 172.25.88.100/32 dev tunl0

# All that follows is on disk and survives a reboot by itself.
if [[ ${1:-} == boot ]]; then
  exit
fi

# The lab's nodes by name. The mark at the end of each line lets the next run take it out again.
sed --in-place '/ # lab$/d' /etc/hosts
cat >> /etc/hosts <<'EOF'
172.25.88.250 client # lab
172.25.88.1 director # lab
172.25.88.2 rs1 # lab
172.25.88.3 rs2 # lab
EOF

# The same again at every boot. systemd reads the new unit then; making the link is what `systemctl enable` does.
if [[ ! $0 -ef /usr/local/sbin/lab-node ]]; then
  install --mode=755 "$0" /usr/local/sbin/lab-node
fi
cat > /etc/systemd/system/lab-node.service <<'EOF'
[Unit]
Description=Node rs1 of the lab tun-udp
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

# The DNS server: any name in the domain "lab" is this machine, so that the answer says who answers. It listens on every
# address, because queries are for the VIP, and answers from the one that was asked.
cat > /etc/systemd/system/lab-dns-53.service <<'EOF'
[Unit]
Description=DNS server of node rs1 of the lab tun-udp, port 53
After=lab-node.service

[Service]
ExecStart=/usr/sbin/dnsmasq --keep-in-foreground --conf-file=/dev/null --no-hosts --no-resolv --pid-file= --user=root --port=53 --address=/lab/172.25.88.2

[Install]
WantedBy=multi-user.target
EOF
cat > /etc/systemd/system/lab-dns-5353.service <<'EOF'
[Unit]
Description=DNS server of node rs1 of the lab tun-udp, port 5353
After=lab-node.service

[Service]
ExecStart=/usr/sbin/dnsmasq --keep-in-foreground --conf-file=/dev/null --no-hosts --no-resolv --pid-file= --user=root --port=5353 --address=/lab/172.25.88.2

[Install]
WantedBy=multi-user.target
EOF
systemctl daemon-reload
systemctl restart lab-dns-53
ln --symbolic --force /etc/systemd/system/lab-dns-53.service /etc/systemd/system/multi-user.target.wants/
systemctl restart lab-dns-5353
ln --symbolic --force /etc/systemd/system/lab-dns-5353.service /etc/systemd/system/multi-user.target.wants/
