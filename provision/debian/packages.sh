  # Packages: only what is missing, so that an image which has everything needs no network. Before the network, because
  # the lab's gateway does not lead to the package archive.
  missing=()
  command -v arping > /dev/null || missing+=(iputils-arping)
  command -v tcpdump > /dev/null || missing+=(tcpdump)
{% if client -%}
  command -v curl > /dev/null || missing+=(curl)
{% endif -%}
{% if director -%}
  command -v ipvsadm > /dev/null || missing+=(ipvsadm)
{% if director.marks.size > 0 -%}
  command -v iptables > /dev/null || missing+=(iptables)
{% endif -%}
{% if director.by_keepalived.size > 0 -%}
  command -v keepalived > /dev/null || missing+=(keepalived)
{% endif -%}
{% endif -%}
{% if static_nat.size > 0 or iptables.size > 0 -%}
  command -v iptables > /dev/null || missing+=(iptables)
{% endif -%}
{% if nginx -%}
  command -v nginx > /dev/null || missing+=(nginx-light)
{% endif -%}
{% if dns -%}
  command -v dnsmasq > /dev/null || missing+=(dnsmasq-base)
{% endif -%}
{% if arptables.size > 0 -%}
  command -v arptables > /dev/null || missing+=(arptables)
{% endif -%}
{% if web -%}
  command -v apache2 > /dev/null || missing+=(apache2)
{% endif -%}
  if ((${#missing[@]})); then
    export DEBIAN_FRONTEND=noninteractive
    apt-get --quiet update
    apt-get --quiet --yes --no-install-recommends install "${missing[@]}"
  fi
