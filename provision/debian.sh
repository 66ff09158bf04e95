{% include header.sh -%}

if [[ ${1:-} != boot ]]; then
{% include debian/packages.sh -%}
fi

{% include nics.sh -%}

{% include network.sh -%}
{% include roles.sh -%}

# All that follows is on disk and survives a reboot by itself.
if [[ ${1:-} == boot ]]; then
  exit
fi

{% include hosts.sh -%}

{% include persist.sh -%}
{% if web -%}

{% include debian/web.sh -%}
{% endif -%}
