#!/bin/bash
#
# director, a node of the lab tun-content-string: The string match of iptables that is meant to dispatch by content, and why it does not
#
# Director of video: 192.168.1.200:80, LVS-TUN, rr, to video1.
# Director of web: 192.168.1.200:80, LVS-TUN, rr, to web1.
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
  command -v iptables > /dev/null || missing+=(iptables)
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
lan=$(nic_with_mac 52:54:00:01:00:02)

# Addresses. Each NIC is emptied first, so that a second run also takes away what was added by hand.
ip link set "$lan" up
ip -4 address flush dev "$lan"
ip address add 192.168.1.100/24 dev "$lan"
# No gateway. Where a default route leads out of the NIC that the machine is managed by, nothing of the lab may take it.
ip route replace unreachable default

# IPVS. The table is built anew, so that it holds what stands here and nothing else. Connections live on: IPVS keeps them
# apart from the table and joins them to the same real server when that comes back.
modprobe --all ip_vs ip_vs_rr
# The director sees only the client's half of a connection, so it cannot tell when it ends. A client that uses a port
# again is a new connection (2), not the old one for another two minutes.
sysctl --quiet --write net.ipv4.vs.conn_reuse_mode=2
# Firewall marks: which service a packet is for is told by where it comes from, or by what it holds. IPVS asks for the mark before it looks at
# address and port. The table is built anew.
iptables -t mangle -F PREROUTING
iptables -t mangle -A PREROUTING -d 192.168.1.200 -p tcp --dport 80 -m string --string video --algo bm -j MARK --set-mark 1
ipvsadm -C
ipvsadm -A -f 1 -s rr
ipvsadm -a -f 1 -r 192.168.1.111 -i
ipvsadm -A -t 192.168.1.200:80 -s rr
ipvsadm -a -t 192.168.1.200:80 -r 192.168.1.101:80 -i

# The VIP last, when the table can serve it. /32, so that it brings no route and this machine's own packets keep its own
# address as their source. arping tells neighbours that remember the VIP elsewhere.
ip address add 192.168.1.200/32 dev "$lan"
arping -q -U -c 1 -I "$lan" 192.168.1.200 > /dev/null &

# All that follows is on disk and survives a reboot by itself.
if [[ ${1:-} == boot ]]; then
  exit
fi

# The lab's nodes by name. The mark at the end of each line lets the next run take it out again.
sed --in-place '/ # lab$/d' /etc/hosts
cat >> /etc/hosts <<'EOF'
192.168.1.10 client # lab
192.168.1.100 director # lab
192.168.1.101 web1 # lab
192.168.1.111 video1 # lab
EOF

# The same again at every boot. systemd reads the new unit then; making the link is what `systemctl enable` does.
if [[ ! $0 -ef /usr/local/sbin/lab-node ]]; then
  install --mode=755 "$0" /usr/local/sbin/lab-node
fi
cat > /etc/systemd/system/lab-node.service <<'EOF'
[Unit]
Description=Node director of the lab tun-content-string
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
