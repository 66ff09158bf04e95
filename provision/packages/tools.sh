  # Packages: only what is missing, so that an image which has everything needs no network. Before the network, because
  # the lab's gateway does not lead to the package archive.
  missing=()
  command -v arping > /dev/null || missing+=({{ family.packages.arping }})
  command -v tcpdump > /dev/null || missing+=({{ family.packages.tcpdump }})
{% if client -%}
  command -v curl > /dev/null || missing+=({{ family.packages.curl }})
{% endif -%}
{% if director -%}
  command -v ipvsadm > /dev/null || missing+=({{ family.packages.ipvsadm }})
{% if director.marks.size > 0 -%}
  command -v iptables > /dev/null || missing+=({{ family.packages.iptables }})
{% endif -%}
{% if director.by_keepalived.size > 0 -%}
  command -v keepalived > /dev/null || missing+=({{ family.packages.keepalived }})
{% endif -%}
{% endif -%}
