# TUN: the director wraps each request in a packet to this machine (IPv6 in IPv6, next header 41). ip6tnl0 unwraps it and has
# the VIP it is for.
#
# Nothing has to be kept quiet: a machine answers neighbour solicitations for an address only on the interface that has it.
# IPv6 has no rp_filter either.
modprobe ip6_tunnel
{% unless forwards -%}
# A request for the VIP while it is missing here is dropped, not sent round in circles.
sysctl --quiet --write net.ipv6.conf.all.forwarding=0
{% endunless %}
{% for tunnel in tunnels -%}
ip link set {{ tunnel.device }} up
ip -6 address flush dev {{ tunnel.device }} scope global
{% for vip in tunnel.vips -%}
ip address add {{ vip }}/128 dev {{ tunnel.device }} nodad
{% endfor -%}
{% endfor -%}
