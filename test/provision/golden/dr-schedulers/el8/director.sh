#!/bin/bash
#
# director, a node of the lab dr-schedulers: every scheduler of IPVS side by side, one service each: who gets the requests of one client
#
# Director of rr: 192.168.150.100:8001, LVS-DR, rr, to rs1, rs2 and rs3.
# Director of wrr: 192.168.150.100:8002, LVS-DR, wrr, to rs1, rs2 and rs3.
# Director of lc: 192.168.150.100:8003, LVS-DR, lc, to rs1, rs2 and rs3.
# Director of wlc: 192.168.150.100:8004, LVS-DR, wlc, to rs1, rs2 and rs3.
# Director of lblc: 192.168.150.100:8005, LVS-DR, lblc, to rs1, rs2 and rs3.
# Director of lblcr: 192.168.150.100:8006, LVS-DR, lblcr, to rs1, rs2 and rs3.
# Director of dh: 192.168.150.100:8007, LVS-DR, dh, to rs1, rs2 and rs3.
# Director of sh: 192.168.150.100:8008, LVS-DR, sh, to rs1, rs2 and rs3.
# Director of sed: 192.168.150.100:8009, LVS-DR, sed, to rs1, rs2 and rs3.
# Director of nq: 192.168.150.100:8010, LVS-DR, nq, to rs1, rs2 and rs3.
# Director of fo: 192.168.150.100:8011, LVS-DR, fo, to rs1, rs2 and rs3.
# Director of ovf: 192.168.150.100:8012, LVS-DR, ovf, to rs1, rs2 and rs3.
# Director of mh: 192.168.150.100:8013, LVS-DR, mh, to rs1, rs2 and rs3.
# Director of sh-port: 192.168.150.100:8014, LVS-DR, sh, to rs1, rs2 and rs3.
# Director of mh-port: 192.168.150.100:8015, LVS-DR, mh, to rs1, rs2 and rs3.
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
  # EL8 keeps the scheduler mh apart from the kernel.
  modprobe --quiet --dry-run ip_vs_mh || missing+=("kernel-modules-extra-$(uname --kernel-release)")
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
ip address add 192.168.150.11/24 dev "$lan"
# No gateway. Where a default route leads out of the NIC that the machine is managed by, nothing of the lab may take it.
ip route replace unreachable default

# IPVS. The table is built anew, so that it holds what stands here and nothing else. Connections live on: IPVS keeps them
# apart from the table and joins them to the same real server when that comes back.
modprobe --all ip_vs ip_vs_rr ip_vs_wrr ip_vs_lc ip_vs_wlc ip_vs_lblc ip_vs_lblcr ip_vs_dh ip_vs_sh ip_vs_sed ip_vs_nq ip_vs_fo ip_vs_ovf ip_vs_mh
# The director sees only the client's half of a connection, so it cannot tell when it ends. A client that uses a port
# again is a new connection (2), not the old one for another two minutes.
sysctl --quiet --write net.ipv4.vs.conn_reuse_mode=2
ipvsadm -C
ipvsadm -A -t 192.168.150.100:8001 -s rr
ipvsadm -a -t 192.168.150.100:8001 -r 192.168.150.12:8001 -g
ipvsadm -a -t 192.168.150.100:8001 -r 192.168.150.13:8001 -g
ipvsadm -a -t 192.168.150.100:8001 -r 192.168.150.14:8001 -g
ipvsadm -A -t 192.168.150.100:8002 -s wrr
ipvsadm -a -t 192.168.150.100:8002 -r 192.168.150.12:8002 -g -w 3
ipvsadm -a -t 192.168.150.100:8002 -r 192.168.150.13:8002 -g -w 2
ipvsadm -a -t 192.168.150.100:8002 -r 192.168.150.14:8002 -g
ipvsadm -A -t 192.168.150.100:8003 -s lc
ipvsadm -a -t 192.168.150.100:8003 -r 192.168.150.12:8003 -g
ipvsadm -a -t 192.168.150.100:8003 -r 192.168.150.13:8003 -g
ipvsadm -a -t 192.168.150.100:8003 -r 192.168.150.14:8003 -g
ipvsadm -A -t 192.168.150.100:8004 -s wlc
ipvsadm -a -t 192.168.150.100:8004 -r 192.168.150.12:8004 -g -w 3
ipvsadm -a -t 192.168.150.100:8004 -r 192.168.150.13:8004 -g -w 2
ipvsadm -a -t 192.168.150.100:8004 -r 192.168.150.14:8004 -g
ipvsadm -A -t 192.168.150.100:8005 -s lblc
ipvsadm -a -t 192.168.150.100:8005 -r 192.168.150.12:8005 -g
ipvsadm -a -t 192.168.150.100:8005 -r 192.168.150.13:8005 -g
ipvsadm -a -t 192.168.150.100:8005 -r 192.168.150.14:8005 -g
ipvsadm -A -t 192.168.150.100:8006 -s lblcr
ipvsadm -a -t 192.168.150.100:8006 -r 192.168.150.12:8006 -g
ipvsadm -a -t 192.168.150.100:8006 -r 192.168.150.13:8006 -g
ipvsadm -a -t 192.168.150.100:8006 -r 192.168.150.14:8006 -g
ipvsadm -A -t 192.168.150.100:8007 -s dh
ipvsadm -a -t 192.168.150.100:8007 -r 192.168.150.12:8007 -g
ipvsadm -a -t 192.168.150.100:8007 -r 192.168.150.13:8007 -g
ipvsadm -a -t 192.168.150.100:8007 -r 192.168.150.14:8007 -g
ipvsadm -A -t 192.168.150.100:8008 -s sh
ipvsadm -a -t 192.168.150.100:8008 -r 192.168.150.12:8008 -g
ipvsadm -a -t 192.168.150.100:8008 -r 192.168.150.13:8008 -g
ipvsadm -a -t 192.168.150.100:8008 -r 192.168.150.14:8008 -g
ipvsadm -A -t 192.168.150.100:8009 -s sed
ipvsadm -a -t 192.168.150.100:8009 -r 192.168.150.12:8009 -g -w 3
ipvsadm -a -t 192.168.150.100:8009 -r 192.168.150.13:8009 -g -w 2
ipvsadm -a -t 192.168.150.100:8009 -r 192.168.150.14:8009 -g
ipvsadm -A -t 192.168.150.100:8010 -s nq
ipvsadm -a -t 192.168.150.100:8010 -r 192.168.150.12:8010 -g -w 3
ipvsadm -a -t 192.168.150.100:8010 -r 192.168.150.13:8010 -g -w 2
ipvsadm -a -t 192.168.150.100:8010 -r 192.168.150.14:8010 -g
ipvsadm -A -t 192.168.150.100:8011 -s fo
ipvsadm -a -t 192.168.150.100:8011 -r 192.168.150.12:8011 -g -w 3
ipvsadm -a -t 192.168.150.100:8011 -r 192.168.150.13:8011 -g -w 2
ipvsadm -a -t 192.168.150.100:8011 -r 192.168.150.14:8011 -g
ipvsadm -A -t 192.168.150.100:8012 -s ovf
ipvsadm -a -t 192.168.150.100:8012 -r 192.168.150.12:8012 -g -w 3
ipvsadm -a -t 192.168.150.100:8012 -r 192.168.150.13:8012 -g -w 2
ipvsadm -a -t 192.168.150.100:8012 -r 192.168.150.14:8012 -g
ipvsadm -A -t 192.168.150.100:8013 -s mh
ipvsadm -a -t 192.168.150.100:8013 -r 192.168.150.12:8013 -g
ipvsadm -a -t 192.168.150.100:8013 -r 192.168.150.13:8013 -g
ipvsadm -a -t 192.168.150.100:8013 -r 192.168.150.14:8013 -g
ipvsadm -A -t 192.168.150.100:8014 -s sh -b sh-port
ipvsadm -a -t 192.168.150.100:8014 -r 192.168.150.12:8014 -g
ipvsadm -a -t 192.168.150.100:8014 -r 192.168.150.13:8014 -g
ipvsadm -a -t 192.168.150.100:8014 -r 192.168.150.14:8014 -g
ipvsadm -A -t 192.168.150.100:8015 -s mh -b mh-port
ipvsadm -a -t 192.168.150.100:8015 -r 192.168.150.12:8015 -g
ipvsadm -a -t 192.168.150.100:8015 -r 192.168.150.13:8015 -g
ipvsadm -a -t 192.168.150.100:8015 -r 192.168.150.14:8015 -g

# The VIP last, when the table can serve it. /32, so that it brings no route and this machine's own packets keep its own
# address as their source. arping tells neighbours that remember the VIP elsewhere.
ip address add 192.168.150.100/32 dev "$lan"
arping -q -U -c 1 -I "$lan" 192.168.150.100 > /dev/null &

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
192.168.150.1 client # lab
192.168.150.11 director # lab
192.168.150.12 rs1 # lab
192.168.150.13 rs2 # lab
192.168.150.14 rs3 # lab
EOF

# The same again at every boot. systemd reads the new unit then; making the link is what `systemctl enable` does.
if [[ ! $0 -ef /usr/local/sbin/lab-node ]]; then
  install --mode=755 "$0" /usr/local/sbin/lab-node
fi
cat > /etc/systemd/system/lab-node.service <<'EOF'
[Unit]
Description=Node director of the lab dr-schedulers
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
