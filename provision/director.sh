# IPVS. The table is built anew, so that it holds what stands here and nothing else. Connections live on: IPVS keeps them
# apart from the table and joins them to the same real server when that comes back.
modprobe --all ip_vs{% for module in director.modules %} {{ module }}{% endfor %}
{% if director.sees_requests_only -%}
# The director sees only the client's half of a connection, so it cannot tell when it ends. A client that uses a port
# again is a new connection (2), not the old one for another two minutes.
sysctl --quiet --write net.ipv4.vs.conn_reuse_mode=2
{% endif -%}
{% if director.nat and router == false -%}
# NAT: replies come back through this machine.
sysctl --quiet --write net.ipv4.ip_forward=1
{% endif -%}
{% if director.marks.size > 0 -%}
# Firewall marks: which service a packet is for is told by where it comes from{% if director.matches_strings %}, or by what it holds{% endif %}. IPVS asks for the mark before it looks at
# address and port. The table is built anew.
iptables -t mangle -F PREROUTING
{% for mark in director.marks -%}
iptables -t mangle -A PREROUTING{% if mark.source %} -s {{ mark.source }}{% endif %} -d {{ mark.vip }} -p {{ mark.protocol }} --dport {{ mark.port }}{% if mark.string %} -m string --string {{ mark.string }} --algo bm{% endif %} -j MARK --set-mark {{ mark.mark }}
{% endfor -%}
{% endif -%}
ipvsadm -C
{% for service in director.by_hand -%}
ipvsadm{% for word in service.command %} {{ word }}{% endfor %}
{% for server in service.real_servers -%}
ipvsadm{% for word in server.command %} {{ word }}{% endfor %}
{% endfor -%}
{% endfor -%}
{% if director.by_keepalived.size > 0 -%}

{% if director.accept_local -%}
# Health checks request the VIP from this machine. The answers have it as their source, which is this machine's own while
# it has the VIP: they would be dropped as forged.
sysctl --quiet --write net.ipv4.conf.all.accept_local=1

{% endif -%}
# keepalived makes the table of {{ director.keepalived_names | text }}, asks each real server by a TCP connection to its own address, and
# takes those out that do not answer. {% if director.accept_local %}Whether they have the VIP, it sees by a request for it (HTTP_GET): that has a mark,
# and a virtual service for each mark sends it to one real server, in the way that requests of clients get there.{% else %}It does not see whether they have the VIP.{% endif %}
{% if director.vrrp.size > 0 -%}
#
# The directors tell each other by VRRP that they are well; the one with the highest priority has the VIP, and sends
# neighbours a gratuitous ARP when it gets it.{% if director.sync %} By lvs_sync_daemon it tells the others of its connections, so that these know
# what to do with them.{% endif %}
{% endif -%}
cat > /etc/keepalived/keepalived.conf <<{% if director.vrrp.size > 0 %}EOF{% else %}'EOF'{% endif %}
{% if director.vrrp.size > 0 -%}
global_defs {
  # A master that is busy has to say in time that it is there.
  vrrp_priority -20
{% if director.startup_delay > 0 -%}
  # Booted together, both directors would wait as long and take the VIP in the same moment. keepalived 2.2.7 was seen to
  # keep it then, though it had heard of a higher priority.
  vrrp_startup_delay {{ director.startup_delay | text }}
{% endif -%}
{% if director.sync -%}
  lvs_sync_daemon ${{ director.sync.nic | text }} {{ director.sync.name | text }} id {{ director.sync.id | text }}
{% endif -%}
}
{% endif -%}
{% for instance in director.vrrp -%}
vrrp_instance {{ instance.name | text }} {
  state {{ instance.state | text }}
  interface ${{ instance.nic | text }}
  virtual_router_id {{ instance.id | text }}
  priority {{ instance.priority | text }}
  advert_int {{ instance.advert_int | text }}
  # Neighbours that another director told otherwise, while the two did not hear each other, learn better within a second.
  garp_master_refresh 1
  unicast_src_ip {{ instance.address | text }}
  unicast_peer {
{% for peer in instance.peers -%}
    {{ peer | text }}
{% endfor -%}
  }
  virtual_ipaddress {
{% for vip in instance.vips -%}
    {{ vip | text }}/32 dev ${{ instance.nic | text }}
{% endfor -%}
  }
}
{% endfor -%}
{% for service in director.by_keepalived -%}
virtual_server {{ service.vip | text }} {{ service.port | text }} {
  delay_loop {{ service.health.delayLoop | text }}
  # A real server has no part until it has answered for the first time.
  alpha
  lb_algo {{ service.scheduler | text }}
  lb_kind {{ service.kind | text }}
  protocol TCP
{% for server in service.real_servers -%}
  real_server {{ server.address | text }} {{ server.port | text }} {
    weight {{ server.weight | text }}
    TCP_CHECK {
      connect_timeout {{ service.health.connectTimeout | text }}
      retry {{ service.health.retry | text }}
      delay_before_retry {{ service.health.delayBeforeRetry | text }}
    }
{% if server.probe_mark -%}
    HTTP_GET {
      connect_ip {{ service.vip | text }}
      bindto {{ service.own_address | text }}
      fwmark {{ server.probe_mark | text }}
      connect_timeout {{ service.health.connectTimeout | text }}
      retry {{ service.health.retry | text }}
      delay_before_retry {{ service.health.delayBeforeRetry | text }}
      url {
        path /
        status_code 200
      }
    }
{% endif -%}
  }
{% endfor -%}
}
{% for server in service.real_servers -%}
{% if server.probe_mark -%}
virtual_server fwmark {{ server.probe_mark | text }} {
  lb_algo rr
  lb_kind {{ service.kind | text }}
  real_server {{ server.address | text }} 0 {
    weight 1
  }
}
{% endif -%}
{% endfor -%}
{% endfor -%}
EOF
# Not waited for: at boot it starts once the network is up, which this script is a part of.
systemctl restart --no-block keepalived
if [[ $(systemctl is-system-running) != starting ]]; then
  # Until the real servers that are up by now have their part: five seconds at most.
  for _ in {1..50}; do
    [[ $(ipvsadm --save --numeric | grep --count '^-a') -lt {{ director.real_server_count }} ]] || break
    sleep 0.1
  done
{% for vip in director.awaited_vips -%}
  # The VIP is back where it belongs.
  for _ in {1..100}; do
    ! ip -oneline address show to {{ vip }} | grep --quiet . || break
    sleep 0.1
  done
{% endfor -%}
fi
{% endif -%}
{% if director.vips.size > 0 -%}

{% if ipv6 -%}
# The VIP last, when the table can serve it. A /128 that is never preferred, so that this machine's own packets, those to the
# real servers among them, keep its own address as their source. No wait whether somebody else has it (accept_dad), and an
# advertisement to neighbours that remember it elsewhere (ndisc_notify).
{% for vip in director.vips -%}
sysctl --quiet --write "net.ipv6.conf.${{ vip.nic }}.accept_dad=0" "net.ipv6.conf.${{ vip.nic }}.ndisc_notify=1"
ip address add {{ vip.address }}/128 dev "${{ vip.nic }}" preferred_lft 0
{% endfor -%}
{% else -%}
# The VIP last, when the table can serve it. /32, so that it brings no route and this machine's own packets keep its own
# address as their source. arping tells neighbours that remember the VIP elsewhere.
{% for vip in director.vips -%}
ip address add {{ vip.address }}/32 dev "${{ vip.nic }}"
arping -q -U -c 1 -I "${{ vip.nic }}" {{ vip.address }} > /dev/null &
{% endfor -%}
{% endif -%}
{% endif -%}
