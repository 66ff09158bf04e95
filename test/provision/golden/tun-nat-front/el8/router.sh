#!/bin/bash
#
# router, a node of the lab tun-nat-front: LVS-TUN behind a router with static NAT, three real servers with one NIC each
#
# Router between internet and lan.
#
#   bash router.sh        sets this machine up, now and for every boot; may be run again at any time
#   bash router.sh boot   only what a reboot undoes; what lab-node.service runs
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
  command -v iptables > /dev/null || missing+=(iptables)
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
internet=$(nic_with_mac 52:54:00:01:00:02)
lan=$(nic_with_mac 52:54:00:02:00:02)

# NetworkManager must leave the lab's NICs alone, now and at every boot.
if [[ ${1:-} != boot && -d /etc/NetworkManager/conf.d ]]; then
  cat > /etc/NetworkManager/conf.d/lab.conf <<'EOF'
[keyfile]
unmanaged-devices+=mac:52:54:00:01:00:02;mac:52:54:00:02:00:02
EOF
  if systemctl --quiet is-active NetworkManager; then
    nmcli device set "$internet" managed no
    nmcli device set "$lan" managed no
  fi
fi

# Addresses. Each NIC is emptied first, so that a second run also takes away what was added by hand.
ip link set "$internet" up
ip -4 address flush dev "$internet"
ip address add 112.2.21.88/24 dev "$internet"
ip link set "$lan" up
ip -4 address flush dev "$lan"
ip address add 10.10.24.1/24 dev "$lan"
# No gateway. Where a default route leads out of the NIC that the machine is managed by, nothing of the lab may take it.
ip route replace unreachable default

# Forward packets. The replies of real servers have the VIP as their source and may come from another side than the VIP's
# own, so the check of the reverse path (rp_filter) is off. The kernel takes the larger of "all" and the NIC's value.
sysctl --quiet --write \
  net.ipv4.ip_forward=1 \
  net.ipv4.conf.all.rp_filter=0 \
  "net.ipv4.conf.$internet.rp_filter=0" \
  "net.ipv4.conf.$lan.rp_filter=0"

# Static NAT: clients know the VIP by this machine's own address only. The table is built anew.
iptables -t nat -F
iptables -t nat -A PREROUTING -d 112.2.21.88 -j DNAT --to-destination 10.10.24.88
iptables -t nat -A POSTROUTING -s 10.10.24.88 -j SNAT --to-source 112.2.21.88

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
    firewall-cmd --quiet --permanent --zone=trusted --change-interface="$internet"
    firewall-cmd --quiet --permanent --zone=trusted --change-interface="$lan"
    firewall-cmd --quiet --reload
  fi
fi

# The lab's nodes by name. The mark at the end of each line lets the next run take it out again.
sed --in-place '/ # lab$/d' /etc/hosts
cat >> /etc/hosts <<'EOF'
112.2.21.1 client # lab
112.2.21.88 router # lab
10.10.24.1 router # lab
10.10.24.2 director # lab
10.10.24.21 rs1 # lab
10.10.24.22 rs2 # lab
10.10.24.23 rs3 # lab
EOF

# The same again at every boot. systemd reads the new unit then; making the link is what `systemctl enable` does.
if [[ ! $0 -ef /usr/local/sbin/lab-node ]]; then
  install --mode=755 "$0" /usr/local/sbin/lab-node
fi
cat > /etc/systemd/system/lab-node.service <<'EOF'
[Unit]
Description=Node router of the lab tun-nat-front
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
