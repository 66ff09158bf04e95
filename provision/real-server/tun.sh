{% if gre_vips.size > 0 -%}
# TUN: the director wraps each request in a packet to this machine (GRE, protocol 47). gre0 unwraps it and has the VIP it
# is for.
modprobe ip_gre
{% endif -%}
{% if gue -%}
# TUN: the director wraps each request in a packet to this machine, by Generic UDP Encapsulation (GUE): in UDP to a port of
# its own. There the kernel takes off the outer headers and leaves the rest to tunl0, which has the VIP it is for.
modprobe --all ipip fou
if ! ip fou show | grep --quiet 'port {{ gue_port | text }} gue'; then
  ip fou add port {{ gue_port }} gue
fi
{% elsif ipip_vips.size > 0 -%}
# TUN: the director wraps each request in a packet to this machine (IP in IP, protocol 4). tunl0 unwraps it and has the
# VIP it is for.
modprobe ipip
{% endif -%}

# Before the VIP is there:
{% include real-server/arp-comment.sh -%}
#   rp_filter                 requests come out of {{ tunnel_names | text }}, but the way back to the client leads through a NIC: the check
#                             of the reverse path would drop them. The kernel takes the larger of "all" and {{ tunnel_names | text }}'s value
{% unless forwards -%}
#   ip_forward                a request for the VIP while it is missing here is dropped, not sent round in circles
{% endunless -%}
sysctl --quiet --write \
  net.ipv4.conf.all.arp_ignore={{ arp.ignore }} \
  net.ipv4.conf.all.arp_announce={{ arp.announce }} \
  net.ipv4.conf.all.rp_filter=0 \
{% for tunnel in tunnels -%}
  net.ipv4.conf.{{ tunnel.device }}.rp_filter=0{% unless forloop.last and forwards %} \{% endunless %}
{% endfor -%}
{% unless forwards -%}
  net.ipv4.ip_forward=0
{% endunless -%}
{% if arptables.size > 0 -%}
{% include real-server/arptables.sh -%}
{% endif -%}
{% for tunnel in tunnels %}
ip link set {{ tunnel.device }} up
ip -4 address flush dev {{ tunnel.device }}
{% for vip in tunnel.vips -%}
ip address add {{ vip }}/32 dev {{ tunnel.device }}
{% endfor -%}
{% endfor -%}
