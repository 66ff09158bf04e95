{% include header.sh -%}
{% include el8/switches.sh -%}

{% include begin.sh -%}

if [[ ${1:-} != boot ]]; then
{% include el8/packages.sh -%}

{% include el8/selinux.sh -%}

{% include el8/libvirtd.sh -%}
fi

{% include nics.sh -%}

{% include el8/network-manager.sh -%}

{% include network.sh -%}
{% include roles.sh -%}

# All that follows is on disk and survives a reboot by itself.
if [[ ${1:-} == boot ]]; then
  exit
fi

{% include el8/firewalld.sh -%}

{% include hosts.sh -%}

{% include persist.sh -%}
{% if web -%}

{% include el8/web.sh -%}
{% endif -%}
{% if nginx -%}

{% include el8/nginx.sh -%}
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
