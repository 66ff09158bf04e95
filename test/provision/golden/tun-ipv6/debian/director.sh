#!/bin/bash
#
# director, a node of the lab tun-ipv6: LVS-TUN over IPv6, two real servers in the director's subnet
#
# Director of web: [fd00:2::100]:80, LVS-TUN, rr, to rs1 and rs2.
#
#   bash director.sh        sets this machine up, now and for every boot; may be run again at any time
#   bash director.sh boot   only what a reboot undoes; what lab-node.service runs

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
inside=$(nic_with_mac 52:54:00:02:00:03)

# Addresses. Each NIC is emptied first, so that a second run also takes away what was added by hand.
#
# Some boxes switch IPv6 off. Routes are what stands here, and nothing that a router advertises (accept_ra). An address can be
# used at once, without a wait whether somebody else has it (nodad).
sysctl --quiet --write net.ipv6.conf.all.disable_ipv6=0
ip link set "$inside" up
sysctl --quiet --write "net.ipv6.conf.$inside.accept_ra=0"
ip -6 address flush dev "$inside" scope global
ip -6 route flush dev "$inside" proto boot
ip address add fd00:2::200/64 dev "$inside" nodad
ip -6 route replace default via fd00:2::1 dev "$inside" metric 1

# IPVS. The table is built anew, so that it holds what stands here and nothing else. Connections live on: IPVS keeps them
# apart from the table and joins them to the same real server when that comes back.
modprobe --all ip_vs ip_vs_rr
# The director sees only the client's half of a connection, so it cannot tell when it ends. A client that uses a port
# again is a new connection (2), not the old one for another two minutes.
sysctl --quiet --write net.ipv4.vs.conn_reuse_mode=2
ipvsadm -C
ipvsadm -A -t '[fd00:2::100]:80' -s rr
ipvsadm -a -t '[fd00:2::100]:80' -r '[fd00:2::220]:80' -i
ipvsadm -a -t '[fd00:2::100]:80' -r '[fd00:2::210]:80' -i

# The VIP last, when the table can serve it. A /128 that is never preferred, so that this machine's own packets, those to the
# real servers among them, keep its own address as their source. No wait whether somebody else has it (accept_dad), and an
# advertisement to neighbours that remember it elsewhere (ndisc_notify).
sysctl --quiet --write "net.ipv6.conf.$inside.accept_dad=0" "net.ipv6.conf.$inside.ndisc_notify=1"
ip address add fd00:2::100/128 dev "$inside" preferred_lft 0

# All that follows is on disk and survives a reboot by itself.
if [[ ${1:-} == boot ]]; then
  exit
fi

# The lab's nodes by name. The mark at the end of each line lets the next run take it out again.
sed --in-place '/ # lab$/d' /etc/hosts
cat >> /etc/hosts <<'EOF'
fd00:1::200 client # lab
fd00:2::1 router # lab
fd00:1::1 router # lab
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
Description=Node director of the lab tun-ipv6
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
