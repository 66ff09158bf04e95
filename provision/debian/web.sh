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
DocumentRoot /var/www/html
EOF
)
if [[ $(< /etc/apache2/ports.conf) != "$config" ]]; then
  echo "$config" > /etc/apache2/ports.conf
  systemctl restart apache2
else
  systemctl start apache2
fi
# What `systemctl enable apache2` does, without the seconds it takes on an emulated machine.
ln --symbolic --force /lib/systemd/system/apache2.service /etc/systemd/system/multi-user.target.wants/
