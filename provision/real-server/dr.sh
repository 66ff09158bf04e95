# DR: the director sends each request on as it is, to this machine's MAC address. lo has the VIP it is for.
#
# Before the VIP is there:
#   arp_ignore, arp_announce  only the director may answer ARP for the VIP, and nobody may learn it from ARP requests of
#                             this machine: requests would then come here past the director
#   rp_filter                 requests may come in by another NIC than the one that leads back to the client: the check of
#                             the reverse path would drop them. The kernel takes the larger of "all" and the NIC's value
{% unless forwards -%}
#   ip_forward                a request for the VIP while it is missing here is dropped, not sent round in circles
{% endunless -%}
sysctl --quiet --write \
  net.ipv4.conf.all.arp_ignore=1 \
  net.ipv4.conf.all.arp_announce=2 \
  net.ipv4.conf.all.rp_filter=0 \
{% for nic in dr_nics -%}
  "net.ipv4.conf.${{ nic }}.rp_filter=0"{% unless forloop.last and forwards %} \{% endunless %}
{% endfor -%}
{% unless forwards -%}
  net.ipv4.ip_forward=0
{% endunless -%}

ip -4 address flush dev lo scope global
{% for vip in dr_vips -%}
ip address add {{ vip }}/32 dev lo
{% endfor -%}
