# The same again at every boot. systemd reads the new unit then; making the link is what `systemctl enable` does.
if [[ ! $0 -ef /usr/local/sbin/lab-node ]]; then
  install --mode=755 "$0" /usr/local/sbin/lab-node
fi
cat > /etc/systemd/system/lab-node.service <<'EOF'
[Unit]
Description=Node {{ node | text }} of the lab {{ lab | text }}
# After all that configures networks, so that the lab has the last word.
After=network.target
Before=network-online.target

[Service]
Type=oneshot
RemainAfterExit=yes
# The kernel may still be finding NICs.
ExecStartPre=-/usr/bin/udevadm settle --timeout=30
ExecStart=/usr/local/sbin/lab-node boot

[Install]
WantedBy=multi-user.target
EOF
mkdir --parents /etc/systemd/system/multi-user.target.wants
ln --symbolic --force /etc/systemd/system/lab-node.service /etc/systemd/system/multi-user.target.wants/
