# firewalld knows nothing of the lab. Where it is kept, it trusts the lab's NICs: it lets in the services and IP in IP
# (protocol 4), and forwards for routers and directors.
if [[ -e /usr/lib/systemd/system/firewalld.service ]]; then
  if [[ -z ${LAB_KEEP_FIREWALLD:-} ]]; then
    systemctl --quiet disable --now firewalld
  elif systemctl --quiet is-active firewalld; then
{% for link in links -%}
    firewall-cmd --quiet --permanent --zone=trusted --change-interface="${{ link.nic }}"
{% endfor -%}
{% for tunnel in tunnels -%}
    firewall-cmd --quiet --permanent --zone=trusted --change-interface={{ tunnel.device }}
{% endfor -%}
    firewall-cmd --quiet --reload
  fi
fi
