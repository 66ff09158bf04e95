{% include header.sh -%}

{% include begin.sh -%}

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
{% if nginx -%}

{% include debian/nginx.sh -%}
{% endif -%}
{% if dns -%}

{% include dns.sh -%}
{% endif -%}
{% if tells_load -%}

{% include load.sh -%}
{% endif -%}
{% if director.weighed.size > 0 -%}

{% include weights.sh -%}
{% endif -%}
