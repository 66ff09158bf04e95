# NetworkManager must leave the lab's NICs alone, now and at every boot.
if [[ ${1:-} != boot && -d /etc/NetworkManager/conf.d ]]; then
  cat > /etc/NetworkManager/conf.d/lab.conf <<'EOF'
[keyfile]
unmanaged-devices+={% for link in links %}mac:{{ link.mac | text }}{% unless forloop.last %};{% endunless %}{% endfor %}
EOF
  if systemctl --quiet is-active NetworkManager; then
{% for link in links -%}
    nmcli device set "${{ link.nic }}" managed no
{% endfor -%}
  fi
fi
