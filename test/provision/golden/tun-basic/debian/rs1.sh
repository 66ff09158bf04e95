#!/bin/bash
#
# rs1, a node of the lab tun-basic: LVS-TUN behind a router, two real servers in the director's subnet
#
# Real server of web: 192.168.2.100:80, LVS-TUN.
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
  command -v apache2 > /dev/null || missing+=(apache2)
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
inside=$(nic_with_mac 52:54:00:02:00:04)

# Addresses. Each NIC is emptied first, so that a second run also takes away what was added by hand.
ip link set "$inside" up
ip -4 address flush dev "$inside"
ip address add 192.168.2.220/24 dev "$inside"
ip route replace default via 192.168.2.1 dev "$inside"

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
ip address add 192.168.2.100/32 dev tunl0

# All that follows is on disk and survives a reboot by itself.
if [[ ${1:-} == boot ]]; then
  exit
fi

# The lab's nodes by name. The mark at the end of each line lets the next run take it out again.
sed --in-place '/ # lab$/d' /etc/hosts
cat >> /etc/hosts <<'EOF'
192.168.1.200 client # lab
192.168.2.1 router # lab
192.168.1.1 router # lab
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
Description=Node rs1 of the lab tun-basic
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

# The web server: a page that says who answers. It listens on every address, because requests are for the VIP and health
# checks for the machine's own; a changed Listen takes a restart. ServerName saves it from looking up its own name.
# A connection that a client keeps open stays so for two minutes, long enough to look at.
echo rs1 > /var/www/html/index.html
config=$(cat <<'EOF'
Listen 80
ServerName rs1
KeepAlive On
KeepAliveTimeout 120
DocumentRoot /var/www/html
EOF
)
if [[ $(< /etc/apache2/ports.conf) != "$config" ]]; then
  echo "$config" > /etc/apache2/ports.conf
  systemctl restart apache2
else
  systemctl start apache2
fi
# What `systemctl enable apache2` does, without the seconds it takes on an emulated machine.
ln --symbolic --force /lib/systemd/system/apache2.service /etc/systemd/system/multi-user.target.wants/
