# Weights that follow the load. Each real server tells how many of its processes want the CPU (the fourth field of
# /proc/loadavg, which one-minute averages are made of, and which shows at once what they show later).
cat > /usr/local/sbin/lvs-weights <<'EOF'
#!/bin/bash
set -uo pipefail

table=$(ipvsadm --save --numeric)

# weigh SERVICE FORWARDING RIP PORT WEIGHTS: idle, busy, overloaded
weigh() {
  local service=$1 forwarding=$2 rip=$3 port=$4 idle=$5 busy=$6 overloaded=$7 loadavg running weight file last=none words
  # One that does not answer keeps its weight: whether it is well is another question.
  loadavg=$(timeout 10 bash -c 'read -r line < "/dev/tcp/$0/$1" && echo "$line"' "$rip" {{ director.weighed[0].load_port }} 2> /dev/null) || return 0
  read -r _ _ _ running _ <<< "$loadavg"
  # The cat that tells it is one of them.
  running=$((${running%/*} - 1))
  if ((running <= 4)); then
    weight=$idle
  elif ((running <= 8)); then
    weight=$busy
  else
    weight=$overloaded
  fi
  # Two looks in a row have to agree: what a machine does for a moment is no load.
  file=/run/lvs-weights.$rip:$port
  read -r last 2> /dev/null < "$file"
  echo "$weight" > "$file"
  [[ $weight == "$last" ]] || return 0
  # Only where it changes: wrr begins its round anew at every change.
  if ! [[ $table =~ "-a $service -r $rip:$port $forwarding -w $weight"([[:space:]]|$) ]]; then
    read -r -a words <<< "$service"
    ipvsadm -e "${words[@]}" -r "$rip:$port" "$forwarding" -w "$weight"
    echo "$rip: $running running, weight $weight"
  fi
}

# All at once: who is slow to answer keeps nobody else waiting.
{% for service in director.weighed -%}
{% for server in service.real_servers -%}
weigh {{ service.socket }} {{ service.method_flag }} {{ server.address }} {{ server.port }} {{ server.weight }} {{ server.busy }} {{ server.overloaded }} &
{% endfor -%}
{% endfor -%}
wait
EOF
chmod 755 /usr/local/sbin/lvs-weights
cat > /etc/systemd/system/lvs-weights.service <<'EOF'
[Unit]
Description=Weights of IPVS by the load of the real servers
After=lab-node.service

[Service]
Type=oneshot
ExecStart=/usr/local/sbin/lvs-weights
EOF
cat > /etc/systemd/system/lvs-weights.timer <<'EOF'
[Unit]
Description=Weights of IPVS by the load of the real servers

[Timer]
OnActiveSec={{ director.weighed[0].interval | text }}
OnUnitActiveSec={{ director.weighed[0].interval | text }}
AccuracySec=100ms

[Install]
WantedBy=timers.target
EOF
systemctl daemon-reload
systemctl restart lvs-weights.timer
mkdir --parents /etc/systemd/system/timers.target.wants
ln --symbolic --force /etc/systemd/system/lvs-weights.timer /etc/systemd/system/timers.target.wants/
