{% if ipv6 -%}
# Forward packets.
sysctl --quiet --write net.ipv6.conf.all.forwarding=1
{% else -%}
# Forward packets. The replies of real servers have the VIP as their source and may come from another side than the VIP's
# own, so the check of the reverse path (rp_filter) is off. The kernel takes the larger of "all" and the NIC's value.
sysctl --quiet --write \
  net.ipv4.ip_forward=1 \
  net.ipv4.conf.all.rp_filter=0 \
{% for link in links -%}
  "net.ipv4.conf.${{ link.nic }}.rp_filter=0"{% unless forloop.last %} \{% endunless %}
{% endfor -%}
{% if static_nat.size > 0 -%}

# Static NAT: clients know the VIP by this machine's own address only. The table is built anew.
iptables -t nat -F
{% for nat in static_nat -%}
iptables -t nat -A PREROUTING -d {{ nat.public }} -j DNAT --to-destination {{ nat.private }}
iptables -t nat -A POSTROUTING -s {{ nat.private }} -j SNAT --to-source {{ nat.public }}
{% endfor -%}
{% endif -%}
{% endif -%}
