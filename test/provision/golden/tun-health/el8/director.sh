#!/bin/bash
#
# director, a node of the lab tun-health: LVS-TUN with keepalived on the director, which takes real servers out that do not answer
#
# Director of web: 172.25.88.100:80, LVS-TUN, rr, to rs1 and rs2.
#
#   bash director.sh        sets this machine up, now and for every boot; may be run again at any time
#   bash director.sh boot   only what a reboot undoes; what lab-node.service runs
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
  command -v ipvsadm > /dev/null || missing+=(ipvsadm)
  command -v keepalived > /dev/null || missing+=(keepalived)
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
lan=$(nic_with_mac 52:54:00:01:00:02)

# NetworkManager must leave the lab's NICs alone, now and at every boot.
if [[ ${1:-} != boot && -d /etc/NetworkManager/conf.d ]]; then
  cat > /etc/NetworkManager/conf.d/lab.conf <<'EOF'
[keyfile]
unmanaged-devices+=mac:52:54:00:01:00:02
EOF
  if systemctl --quiet is-active NetworkManager; then
    nmcli device set "$lan" managed no
  fi
fi

# Addresses. Each NIC is emptied first, so that a second run also takes away what was added by hand.
ip link set "$lan" up
ip -4 address flush dev "$lan"
ip address add 172.25.88.1/24 dev "$lan"
# No gateway. Where a default route leads out of the NIC that the machine is managed by, nothing of the lab may take it.
ip route replace unreachable default

# IPVS. The table is built anew, so that it holds what stands here and nothing else. Connections live on: IPVS keeps them
# apart from the table and joins them to the same real server when that comes back.
modprobe --all ip_vs ip_vs_rr
# The director sees only the client's half of a connection, so it cannot tell when it ends. A client that uses a port
# again is a new connection (2), not the old one for another two minutes.
sysctl --quiet --write net.ipv4.vs.conn_reuse_mode=2
ipvsadm -C

# keepalived makes the table of web, asks each real server by a TCP connection to its own address, and
# takes those out that do not answer. It does not see whether they have the VIP.
cat > /etc/keepalived/keepalived.conf <<'EOF'
virtual_server 172.25.88.100 80 {
  delay_loop 2
  # A real server has no part until it has answered for the first time.
  alpha
  lb_algo rr
  lb_kind TUN
  protocol TCP
  real_server 172.25.88.2 80 {
    weight 1
    TCP_CHECK {
      connect_timeout 2
      retry 1
      delay_before_retry 1
    }
  }
  real_server 172.25.88.3 80 {
    weight 1
    TCP_CHECK {
      connect_timeout 2
      retry 1
      delay_before_retry 1
    }
  }
}
EOF
# Not waited for: at boot it starts once the network is up, which this script is a part of.
systemctl restart --no-block keepalived
if [[ $(systemctl is-system-running) != starting ]]; then
  # Until the real servers that are up by now have their part: five seconds at most.
  for _ in {1..50}; do
    [[ $(ipvsadm --save --numeric | grep --count '^-a') -lt 2 ]] || break
    sleep 0.1
  done
fi

# The VIP last, when the table can serve it. /32, so that it brings no route and this machine's own packets keep its own
# address as their source. arping tells neighbours that remember the VIP elsewhere.
ip address add 172.25.88.100/32 dev "$lan"
arping -q -U -c 1 -I "$lan" 172.25.88.100 > /dev/null &

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
    firewall-cmd --quiet --permanent --zone=trusted --change-interface="$lan"
    firewall-cmd --quiet --reload
  fi
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
Description=Node director of the lab tun-health
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
