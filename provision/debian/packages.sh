{% include packages/tools.sh -%}
{% include packages/servers.sh -%}
  if ((${#missing[@]})); then
    export DEBIAN_FRONTEND=noninteractive
    apt-get --quiet update
    apt-get --quiet --yes --no-install-recommends install "${missing[@]}"
  fi
