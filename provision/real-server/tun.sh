# TUN: the director wraps each request in a packet to this machine (IP in IP, protocol 4). tunl0 unwraps it and has the
# VIP it is for.
modprobe ipip

# Before the VIP is there:
#   arp_ignore, arp_announce  only the director may answer ARP for the VIP, and nobody may learn it from ARP requests of
#                             this machine: requests would then come here past the director
#   rp_filter                 requests come out of tunl0, but the way back to the client leads through a NIC: the check
#                             of the reverse path would drop them. The kernel takes the larger of "all" and tunl0's value
{% unless forwards -%}
#   ip_forward                a request for the VIP while it is missing here is dropped, not sent round in circles
{% endunless -%}
sysctl --quiet --write \
  net.ipv4.conf.all.arp_ignore=1 \
  net.ipv4.conf.all.arp_announce=2 \
  net.ipv4.conf.all.rp_filter=0 \
  net.ipv4.conf.tunl0.rp_filter=0{% unless forwards %} \
  net.ipv4.ip_forward=0{% endunless %}

ip link set tunl0 up
ip -4 address flush dev tunl0
{% for vip in tun_vips -%}
ip address add {{ vip }}/32 dev tunl0
{% endfor -%}
