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
ipvsadm -C
{% for service in director.services -%}
ipvsadm -A -t {{ service.vip }}:{{ service.port }} -s {{ service.scheduler }}
{% for server in service.real_servers -%}
ipvsadm -a -t {{ service.vip }}:{{ service.port }} -r {{ server.address }}:{{ server.port }} {{ service.method_flag }}{% if server.weight != 1 %} -w {{ server.weight }}{% endif %}
{% endfor -%}
{% endfor -%}
{% if director.vips.size > 0 -%}

# The VIP last, when the table can serve it. /32, so that it brings no route and this machine's own packets keep its own
# address as their source. arping tells neighbours that remember the VIP elsewhere.
{% for vip in director.vips -%}
ip address add {{ vip.address }}/32 dev "${{ vip.nic }}"
arping -q -U -c 1 -I "${{ vip.nic }}" {{ vip.address }}
{% endfor -%}
{% endif -%}
