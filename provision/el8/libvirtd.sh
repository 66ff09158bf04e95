  # libvirtd would bring a bridge, packet filter rules and forwarding of its own.
  if [[ -e /usr/lib/systemd/system/libvirtd.service ]]; then
    systemctl --quiet disable libvirtd.service
    systemctl stop 'libvirtd*'
  fi
