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
{% endif -%}
{% if web -%}
  command -v apache2 > /dev/null || missing+=(apache2)
{% endif -%}
  if ((${#missing[@]})); then
    export DEBIAN_FRONTEND=noninteractive
    apt-get --quiet update
    apt-get --quiet --yes --no-install-recommends install "${missing[@]}"
  fi
