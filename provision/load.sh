# The load, for the director: whoever connects to this port is told what /proc/loadavg says. systemd listens, and runs a
# cat for each connection.
cat > /etc/systemd/system/lab-load.socket <<'EOF'
[Unit]
Description=Load of node {{ node | text }} of the lab {{ lab | text }}

[Socket]
ListenStream={{ load_port | text }}
Accept=yes

[Install]
WantedBy=sockets.target
EOF
cat > /etc/systemd/system/lab-load@.service <<'EOF'
[Unit]
Description=Tell the load to who asked
CollectMode=inactive-or-failed

[Service]
ExecStart=/bin/cat /proc/loadavg
StandardOutput=socket
# Who is asked how busy it is has to answer when it is.
Nice=-20
EOF
systemctl daemon-reload
systemctl restart lab-load.socket
mkdir --parents /etc/systemd/system/sockets.target.wants
ln --symbolic --force /etc/systemd/system/lab-load.socket /etc/systemd/system/sockets.target.wants/
