  # CentOS 8 has reached its end of life: its packages have moved from the mirrors to the vault.
  if grep --quiet --no-messages --extended-regexp '^(mirrorlist|baseurl=http://mirror)' /etc/yum.repos.d/CentOS-*.repo; then
    sed --in-place --regexp-extended \
      --expression='s|^mirrorlist=|#&|' \
      --expression='s|^#?baseurl=http://mirror\.centos\.org|baseurl=https://vault.centos.org|' \
      /etc/yum.repos.d/CentOS-*.repo
  fi

  # Packages: only what is missing, so that an image which has everything needs no network. Before the network, because
  # the lab's gateway does not lead to the package archive.
  missing=()
  command -v arping > /dev/null || missing+=(iputils)
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
{% if director.uses_mh -%}
  # EL8 keeps the scheduler mh apart from the kernel.
  modprobe --quiet --dry-run ip_vs_mh || missing+=("kernel-modules-extra-$(uname --kernel-release)")
{% endif -%}
{% endif -%}
{% if static_nat.size > 0 or iptables.size > 0 -%}
  command -v iptables > /dev/null || missing+=(iptables)
{% endif -%}
{% if nginx -%}
  command -v nginx > /dev/null || missing+=(nginx)
{% endif -%}
{% if dns -%}
  command -v dnsmasq > /dev/null || missing+=(dnsmasq)
{% endif -%}
{% if arptables.size > 0 -%}
  command -v arptables > /dev/null || missing+=(iptables-arptables)
{% endif -%}
{% if web -%}
  command -v httpd > /dev/null || missing+=(httpd)
{% endif -%}
  if ((${#missing[@]})); then
    dnf --quiet --assumeyes install "${missing[@]}"
  fi
