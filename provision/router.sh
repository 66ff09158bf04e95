# Forward packets. The replies of real servers have the VIP as their source and may come from another side than the VIP's
# own, so the check of the reverse path (rp_filter) is off. The kernel takes the larger of "all" and the NIC's value.
sysctl --quiet --write \
  net.ipv4.ip_forward=1 \
  net.ipv4.conf.all.rp_filter=0 \
{% for link in links -%}
  "net.ipv4.conf.${{ link.nic }}.rp_filter=0"{% unless forloop.last %} \{% endunless %}
{% endfor -%}
