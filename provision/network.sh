# Addresses. Each NIC is emptied first, so that a second run also takes away what was added by hand.
{% if ipv6 -%}
#
# Some boxes switch IPv6 off. Routes are what stands here, and nothing that a router advertises (accept_ra). An address can be
# used at once, without a wait whether somebody else has it (nodad).
sysctl --quiet --write net.ipv6.conf.all.disable_ipv6=0
{% endif -%}
{% for link in links -%}
ip link set "${{ link.nic }}" up
{% if ipv6 -%}
sysctl --quiet --write "net.ipv6.conf.${{ link.nic }}.accept_ra=0"
ip -6 address flush dev "${{ link.nic }}" scope global
ip -6 route flush dev "${{ link.nic }}" proto boot
ip address add {{ link.address }}/{{ link.prefix_length }} dev "${{ link.nic }}" nodad
{% else -%}
ip -4 address flush dev "${{ link.nic }}"
ip address add {{ link.address }}/{{ link.prefix_length }} dev "${{ link.nic }}"
{% endif -%}
{% endfor -%}
{% if advmss -%}
# advmss: peers are told to send segments that leave room for the tunnel's header, so that no packet is too long for it.
{% endif -%}
{% if gateway -%}
{% if gateway.for_nat -%}
# The gateway is the director: it must see the replies, to put the VIP back as their source.
{% endif -%}
ip {% if ipv6 %}-6 {% endif %}route replace default via {{ gateway.address }} dev "${{ gateway.nic }}"{% if ipv6 %} metric 1{% endif %}{% if advmss %} advmss {{ advmss }}{% endif %}
{% else -%}
# No gateway. Where a default route leads out of the NIC that the machine is managed by, nothing of the lab may take it.
ip {% if ipv6 %}-6 {% endif %}route replace unreachable default{% if ipv6 %} metric 1{% endif %}
{% endif -%}
{% for route in routes -%}
ip {% if ipv6 %}-6 {% endif %}route replace {{ route.prefix }} via {{ route.address }} dev "${{ route.nic }}"{% if advmss %} advmss {{ advmss }}{% endif %}
{% endfor -%}
