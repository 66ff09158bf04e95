# DR: the director sends each request on as it is, to this machine's MAC address. lo has the VIP it is for.
#
# Before the VIP is there:
{% include real-server/arp-comment.sh -%}
#   rp_filter                 requests may come in by another NIC than the one that leads back to the client: the check of
#                             the reverse path would drop them. The kernel takes the larger of "all" and the NIC's value
{% unless forwards -%}
#   ip_forward                a request for the VIP while it is missing here is dropped, not sent round in circles
{% endunless -%}
sysctl --quiet --write \
  net.ipv4.conf.all.arp_ignore={{ arp.ignore }} \
  net.ipv4.conf.all.arp_announce={{ arp.announce }} \
  net.ipv4.conf.all.rp_filter=0 \
{% for nic in dr_nics -%}
  "net.ipv4.conf.${{ nic }}.rp_filter=0"{% unless forloop.last and forwards %} \{% endunless %}
{% endfor -%}
{% unless forwards -%}
  net.ipv4.ip_forward=0
{% endunless -%}
{% if arptables.size > 0 -%}
{% include real-server/arptables.sh -%}
{% endif %}
ip -4 address flush dev lo scope global
{% for vip in dr_vips -%}
ip address add {{ vip }}/32 dev lo
{% endfor -%}
