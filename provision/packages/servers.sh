{% if static_nat.size > 0 or iptables.size > 0 -%}
  command -v iptables > /dev/null || missing+=({{ family.packages.iptables }})
{% endif -%}
{% if nginx -%}
  command -v {{ family.webServers.nginx.program }} > /dev/null || missing+=({{ family.webServers.nginx.package }})
{% endif -%}
{% if dns -%}
  command -v dnsmasq > /dev/null || missing+=({{ family.packages.dnsmasq }})
{% endif -%}
{% if arptables.size > 0 -%}
  command -v arptables > /dev/null || missing+=({{ family.packages.arptables }})
{% endif -%}
{% if web -%}
  command -v {{ family.webServers.apache.program }} > /dev/null || missing+=({{ family.webServers.apache.package }})
{% endif -%}
