{% if router -%}

{% include router.sh -%}
{% endif -%}
{% if tunnels.size > 0 -%}

{% if ipv6 -%}
{% include real-server/tun6.sh -%}
{% else -%}
{% include real-server/tun.sh -%}
{% endif -%}
{% endif -%}
{% if dr_vips.size > 0 -%}

{% include real-server/dr.sh -%}
{% endif -%}
{% if director -%}

{% include director.sh -%}
{% endif -%}
{% if sysctl.size > 0 -%}

# Kernel parameters.
{% for parameter in sysctl -%}
sysctl --quiet --write {{ parameter.assignment }}
{% endfor -%}
{% endif -%}
{% if iptables.size > 0 -%}

# The packet filter, built anew.
iptables -F
{% for rule in iptables -%}
iptables{% for word in rule %} {{ word }}{% endfor %}
{% endfor -%}
{% endif -%}
