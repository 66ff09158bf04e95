# The DNS server: any name in the domain "lab" is this machine, so that the answer says who answers. It listens on every
# address, because queries are for the VIP, and answers from the one that was asked.
{% for port in dns.ports -%}
cat > /etc/systemd/system/lab-dns-{{ port }}.service <<'EOF'
[Unit]
Description=DNS server of node {{ node | text }} of the lab {{ lab | text }}, port {{ port | text }}
After=lab-node.service

[Service]
ExecStart=/usr/sbin/dnsmasq --keep-in-foreground --conf-file=/dev/null --no-hosts --no-resolv --pid-file= --user=root --port={{ port | text }} --address=/lab/{{ dns.address | text }}

[Install]
WantedBy=multi-user.target
EOF
{% endfor -%}
systemctl daemon-reload
{% for port in dns.ports -%}
systemctl restart lab-dns-{{ port }}
ln --symbolic --force /etc/systemd/system/lab-dns-{{ port }}.service /etc/systemd/system/multi-user.target.wants/
{% endfor -%}
