# The web server: a page that says who answers, and nothing else, so that each request is one line. It listens on every
# address, because requests are for the VIP and health checks for the machine's own; a changed port takes a restart. A
# connection that a client keeps open stays so for two minutes, long enough to look at.
mkdir --parents /var/www/html
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
  listen {{ port }} default_server;
{% if ipv6 -%}
  listen [::]:{{ port }} default_server;
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
# nginx.conf has a server of its own, which is the default one of port 80.
sed --in-place 's/^\( *listen .*\) default_server;/\1;/' /etc/nginx/nginx.conf
if [[ $(cat /etc/nginx/conf.d/lab.conf 2> /dev/null) != "$config" ]]; then
  echo "$config" > /etc/nginx/conf.d/lab.conf
  systemctl restart nginx
else
  systemctl start nginx
fi
systemctl --quiet enable nginx
