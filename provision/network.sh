# Addresses. Each NIC is emptied first, so that a second run also takes away what was added by hand.
{% for link in links -%}
ip link set "${{ link.nic }}" up
ip -4 address flush dev "${{ link.nic }}"
ip address add {{ link.address }}/{{ link.prefix_length }} dev "${{ link.nic }}"
{% endfor -%}
{% if gateway -%}
{% if gateway.for_nat -%}
# The gateway is the director: it must see the replies, to put the VIP back as their source.
{% endif -%}
ip route replace default via {{ gateway.address }} dev "${{ gateway.nic }}"
{% endif -%}
