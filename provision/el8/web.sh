# The web server: a page that says who answers. It listens on every address, because requests are for the VIP and health
# checks for the machine's own; a changed Listen takes a restart. ServerName saves it from looking up its own name.
# A connection that a client keeps open stays so for two minutes, long enough to look at.
echo {{ node }} > /var/www/html/index.html
config=$(cat <<'EOF'
{% for port in web.ports -%}
Listen {{ port }}
{% endfor -%}
ServerName {{ node | text }}
KeepAlive On
KeepAliveTimeout 120
EOF
)
if grep --quiet '^Listen ' /etc/httpd/conf/httpd.conf ||
  [[ $(cat /etc/httpd/conf.d/lab.conf 2> /dev/null) != "$config" ]]; then
  sed --in-place '/^Listen /d' /etc/httpd/conf/httpd.conf
  echo "$config" > /etc/httpd/conf.d/lab.conf
  systemctl restart httpd
else
  systemctl start httpd
fi
systemctl --quiet enable httpd
