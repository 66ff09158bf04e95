#!/bin/bash
#
# router, a node of the lab tun-ipv6: LVS-TUN over IPv6, two real servers in the director's subnet
#
# Router between outside and inside.
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
outside=$(nic_with_mac 52:54:00:01:00:02)
inside=$(nic_with_mac 52:54:00:02:00:02)

# NetworkManager must leave the lab's NICs alone, now and at every boot.
if [[ ${1:-} != boot && -d /etc/NetworkManager/conf.d ]]; then
  cat > /etc/NetworkManager/conf.d/lab.conf <<'EOF'
[keyfile]
unmanaged-devices+=mac:52:54:00:01:00:02;mac:52:54:00:02:00:02
EOF
  if systemctl --quiet is-active NetworkManager; then
    nmcli device set "$outside" managed no
    nmcli device set "$inside" managed no
  fi
fi

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

# firewalld knows nothing of the lab. Where it is kept, it trusts the lab's NICs: it lets in the services and IP in IP
# (protocol 4), and forwards for routers and directors.
if [[ -e /usr/lib/systemd/system/firewalld.service ]]; then
  if [[ -z ${LAB_KEEP_FIREWALLD:-} ]]; then
    systemctl --quiet disable --now firewalld
  elif systemctl --quiet is-active firewalld; then
    firewall-cmd --quiet --permanent --zone=trusted --change-interface="$outside"
    firewall-cmd --quiet --permanent --zone=trusted --change-interface="$inside"
    firewall-cmd --quiet --reload
  fi
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
