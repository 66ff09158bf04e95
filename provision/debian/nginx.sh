# The web server: a page that says who answers, and nothing else, so that each request is one line. It listens on every
# address, because requests are for the VIP and health checks for the machine's own; a changed port takes a restart. A
# connection that a client keeps open stays so for two minutes, long enough to look at.
echo {{ node }} > /var/www/html/index.html
{% if nginx.locations.size > 0 -%}
# Some paths are passed on, each to a group of servers in turn.
{% endif -%}
config=$(cat <<'EOF'
{% for location in nginx.locations -%}
upstream {{ location.upstream | text }} {
{% for server in location.servers -%}
  server {{ server.address | text }}:{{ server.port | text }};
{% endfor -%}
}
{% endfor -%}
server {
{% for port in nginx.ports -%}
  listen {{ port }};
{% if ipv6 -%}
  listen [::]:{{ port }};
{% endif -%}
{% endfor -%}
  root /var/www/html;
  keepalive_timeout 120;
{% for location in nginx.locations -%}
  location {{ location.path | text }} {
    proxy_pass http://{{ location.upstream | text }}/;
  }
{% endfor -%}
}
EOF
)
rm --force /etc/nginx/sites-enabled/default
if [[ $(cat /etc/nginx/conf.d/lab.conf 2> /dev/null) != "$config" ]]; then
  echo "$config" > /etc/nginx/conf.d/lab.conf
  systemctl restart nginx
else
  systemctl start nginx
fi
# What `systemctl enable nginx` does, without the seconds it takes on an emulated machine.
ln --symbolic --force /lib/systemd/system/nginx.service /etc/systemd/system/multi-user.target.wants/
