#!/bin/bash
#
# rs2, a node of the lab tun-cross-subnet: LVS-TUN with one real server in another subnet, behind a router
#
# Real server of web: 172.25.88.100:80, LVS-TUN.
#
#   bash rs2.sh        sets this machine up, now and for every boot; may be run again at any time
#   bash rs2.sh boot   only what a reboot undoes; what lab-node.service runs
#
# LAB_KEEP_SELINUX=1 leaves SELinux enforcing, LAB_KEEP_FIREWALLD=1 leaves firewalld running.

set -euo pipefail

if ((EUID != 0)); then
  echo "$0: only root can set up a machine" >&2
  exit 1
fi

if [[ ${1:-} != boot ]]; then
  # CentOS 8 has reached its end of life: its packages have moved from the mirrors to the vault.
  if grep --quiet --no-messages --extended-regexp '^(mirrorlist|baseurl=http://mirror)' /etc/yum.repos.d/CentOS-*.repo; then
    sed --in-place --regexp-extended \
      --expression='s|^mirrorlist=|#&|' \
      --expression='s|^#?baseurl=http://mirror\.centos\.org|baseurl=https://vault.centos.org|' \
      /etc/yum.repos.d/CentOS-*.repo
  fi

  # Packages: only what is missing, so that an image which has everything needs no network. Before the network, because
  # the lab's gateway does not lead to the package archive.
  missing=()
  command -v arping > /dev/null || missing+=(iputils)
  command -v tcpdump > /dev/null || missing+=(tcpdump)
  command -v httpd > /dev/null || missing+=(httpd)
  if ((${#missing[@]})); then
    dnf --quiet --assumeyes install "${missing[@]}"
  fi

  # SELinux only warns: its policy knows neither the ports a lab may choose nor what a student may try in an exercise.
  if [[ -z ${LAB_KEEP_SELINUX:-} ]] && command -v selinuxenabled > /dev/null && selinuxenabled; then
    setenforce 0
    sed --in-place 's/^SELINUX=enforcing/SELINUX=permissive/' /etc/selinux/config
  fi

  # libvirtd would bring a bridge, packet filter rules and forwarding of its own.
  if [[ -e /usr/lib/systemd/system/libvirtd.service ]]; then
    systemctl --quiet disable libvirtd.service
    systemctl stop 'libvirtd*'
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
far=$(nic_with_mac 52:54:00:02:00:05)

# NetworkManager must leave the lab's NICs alone, now and at every boot.
if [[ ${1:-} != boot && -d /etc/NetworkManager/conf.d ]]; then
  cat > /etc/NetworkManager/conf.d/lab.conf <<'EOF'
[keyfile]
unmanaged-devices+=mac:52:54:00:02:00:05
EOF
  if systemctl --quiet is-active NetworkManager; then
    nmcli device set "$far" managed no
  fi
fi

# Addresses. Each NIC is emptied first, so that a second run also takes away what was added by hand.
ip link set "$far" up
ip -4 address flush dev "$far"
ip address add 172.25.254.3/24 dev "$far"
ip route replace default via 172.25.254.88 dev "$far"

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

# firewalld knows nothing of the lab. Where it is kept, it trusts the lab's NICs: it lets in the services and IP in IP
# (protocol 4), and forwards for routers and directors.
if [[ -e /usr/lib/systemd/system/firewalld.service ]]; then
  if [[ -z ${LAB_KEEP_FIREWALLD:-} ]]; then
    systemctl --quiet disable --now firewalld
  elif systemctl --quiet is-active firewalld; then
    firewall-cmd --quiet --permanent --zone=trusted --change-interface="$far"
    firewall-cmd --quiet --permanent --zone=trusted --change-interface=tunl0
    firewall-cmd --quiet --reload
  fi
fi

# The lab's nodes by name. The mark at the end of each line lets the next run take it out again.
sed --in-place '/ # lab$/d' /etc/hosts
cat >> /etc/hosts <<'EOF'
172.25.88.249 client # lab
172.25.254.88 router # lab
172.25.88.250 router # lab
172.25.88.1 director # lab
172.25.88.2 rs1 # lab
172.25.254.3 rs2 # lab
EOF

# The same again at every boot. systemd reads the new unit then; making the link is what `systemctl enable` does.
if [[ ! $0 -ef /usr/local/sbin/lab-node ]]; then
  install --mode=755 "$0" /usr/local/sbin/lab-node
fi
cat > /etc/systemd/system/lab-node.service <<'EOF'
[Unit]
Description=Node rs2 of the lab tun-cross-subnet
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
echo rs2 > /var/www/html/index.html
config=$(cat <<'EOF'
Listen 80
ServerName rs2
KeepAlive On
KeepAliveTimeout 120
EOF
)
if grep --quiet '^Listen ' /etc/httpd/conf/httpd.conf ||
  [[ $(cat /etc/httpd/conf.d/lab.conf 2> /dev/null) != "$config" ]]; then
  sed --in-place '/^Listen /d' /etc/httpd/conf/httpd.conf
  echo "$config" > /etc/httpd/conf.d/lab.conf
  systemctl restart httpd
else
  systemctl start httpd
fi
systemctl --quiet enable httpd
