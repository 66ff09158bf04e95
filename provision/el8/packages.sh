  # CentOS 8 has reached its end of life: its packages have moved from the mirrors to the vault.
  if grep --quiet --no-messages --extended-regexp '^(mirrorlist|baseurl=http://mirror)' /etc/yum.repos.d/CentOS-*.repo; then
    sed --in-place --regexp-extended \
      --expression='s|^mirrorlist=|#&|' \
      --expression='s|^#?baseurl=http://mirror\.centos\.org|baseurl=https://vault.centos.org|' \
      /etc/yum.repos.d/CentOS-*.repo
  fi

{% include packages/tools.sh -%}
{% if director.uses_mh -%}
  # EL8 keeps the scheduler mh apart from the kernel.
  modprobe --quiet --dry-run ip_vs_mh || missing+=("kernel-modules-extra-$(uname --kernel-release)")
{% endif -%}
{% include packages/servers.sh -%}
  if ((${#missing[@]})); then
    dnf --quiet --assumeyes install "${missing[@]}"
  fi
