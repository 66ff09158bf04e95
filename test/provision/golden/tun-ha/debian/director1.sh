#!/bin/bash
#
# director1, a node of the lab tun-ha: LVS-TUN with two directors that share the VIP by VRRP, and sync their connections
#
# Director of web: 192.168.1.200:80, LVS-TUN, rr, to rs1 and rs2.
#
#   bash director1.sh        sets this machine up, now and for every boot; may be run again at any time
#   bash director1.sh boot   only what a reboot undoes; what lab-node.service runs

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
  command -v keepalived > /dev/null || missing+=(keepalived)
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
centre=$(nic_with_mac 52:54:00:02:00:03)

# Addresses. Each NIC is emptied first, so that a second run also takes away what was added by hand.
ip link set "$centre" up
ip -4 address flush dev "$centre"
ip address add 192.168.1.100/24 dev "$centre"
ip route replace default via 192.168.1.1 dev "$centre"

# IPVS. The table is built anew, so that it holds what stands here and nothing else. Connections live on: IPVS keeps them
# apart from the table and joins them to the same real server when that comes back.
modprobe --all ip_vs ip_vs_rr
# The director sees only the client's half of a connection, so it cannot tell when it ends. A client that uses a port
# again is a new connection (2), not the old one for another two minutes.
sysctl --quiet --write net.ipv4.vs.conn_reuse_mode=2
ipvsadm -C

# Health checks request the VIP from this machine. The answers have it as their source, which is this machine's own while
# it has the VIP: they would be dropped as forged.
sysctl --quiet --write net.ipv4.conf.all.accept_local=1

# keepalived makes the table of web, asks each real server by a TCP connection to its own address, and
# takes those out that do not answer. Whether they have the VIP, it sees by a request for it (HTTP_GET): that has a mark,
# and a virtual service for each mark sends it to one real server, in the way that requests of clients get there.
#
# The directors tell each other by VRRP that they are well; the one with the highest priority has the VIP, and sends
# neighbours a gratuitous ARP when it gets it. By lvs_sync_daemon it tells the others of its connections, so that these know
# what to do with them.
cat > /etc/keepalived/keepalived.conf <<EOF
global_defs {
  # A master that is busy has to say in time that it is there.
  vrrp_priority -20
  lvs_sync_daemon $centre VI_51 id 51
}
vrrp_instance VI_51 {
  state MASTER
  interface $centre
  virtual_router_id 51
  priority 100
  advert_int 2
  # Neighbours that another director told otherwise, while the two did not hear each other, learn better within a second.
  garp_master_refresh 1
  unicast_src_ip 192.168.1.100
  unicast_peer {
    192.168.1.101
  }
  virtual_ipaddress {
    192.168.1.200/32 dev $centre
  }
}
virtual_server 192.168.1.200 80 {
  delay_loop 1
  # A real server has no part until it has answered for the first time.
  alpha
  lb_algo rr
  lb_kind TUN
  protocol TCP
  real_server 192.168.2.101 80 {
    weight 1
    TCP_CHECK {
      connect_timeout 2
      retry 1
      delay_before_retry 1
    }
    HTTP_GET {
      connect_ip 192.168.1.200
      bindto 192.168.1.100
      fwmark 101
      connect_timeout 2
      retry 1
      delay_before_retry 1
      url {
        path /
        status_code 200
      }
    }
  }
  real_server 192.168.3.102 80 {
    weight 1
    TCP_CHECK {
      connect_timeout 2
      retry 1
      delay_before_retry 1
    }
    HTTP_GET {
      connect_ip 192.168.1.200
      bindto 192.168.1.100
      fwmark 102
      connect_timeout 2
      retry 1
      delay_before_retry 1
      url {
        path /
        status_code 200
      }
    }
  }
}
virtual_server fwmark 101 {
  lb_algo rr
  lb_kind TUN
  real_server 192.168.2.101 0 {
    weight 1
  }
}
virtual_server fwmark 102 {
  lb_algo rr
  lb_kind TUN
  real_server 192.168.3.102 0 {
    weight 1
  }
}
EOF
# Not waited for: at boot it starts once the network is up, which this script is a part of.
systemctl restart --no-block keepalived
if [[ $(systemctl is-system-running) != starting ]]; then
  # Until the real servers that are up by now have their part: five seconds at most.
  for _ in {1..50}; do
    [[ $(ipvsadm --save --numeric | grep --count '^-a') -lt 4 ]] || break
    sleep 0.1
  done
  # The VIP is back where it belongs.
  for _ in {1..100}; do
    ! ip -oneline address show to 192.168.1.200 | grep --quiet . || break
    sleep 0.1
  done
fi

# All that follows is on disk and survives a reboot by itself.
if [[ ${1:-} == boot ]]; then
  exit
fi

# The lab's nodes by name. The mark at the end of each line lets the next run take it out again.
sed --in-place '/ # lab$/d' /etc/hosts
cat >> /etc/hosts <<'EOF'
203.0.113.10 client # lab
192.168.1.1 router # lab
203.0.113.1 router # lab
192.168.2.1 router # lab
192.168.3.1 router # lab
192.168.1.100 director1 # lab
192.168.1.101 director2 # lab
192.168.2.101 rs1 # lab
192.168.3.102 rs2 # lab
EOF

# The same again at every boot. systemd reads the new unit then; making the link is what `systemctl enable` does.
if [[ ! $0 -ef /usr/local/sbin/lab-node ]]; then
  install --mode=755 "$0" /usr/local/sbin/lab-node
fi
cat > /etc/systemd/system/lab-node.service <<'EOF'
[Unit]
Description=Node director1 of the lab tun-ha
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
