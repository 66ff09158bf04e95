# The NICs, found by MAC address: their names differ from system to system (eth1, ens5, enp0s8).
nic_with_mac() {
  local file mac
  for file in /sys/class/net/*/address; do
    read -r mac < "$file"
    if [[ $mac == "$1" ]]; then
      file=${file%/address}
      echo "${file##*/}"
      return
    fi
  done
  echo "$0: no NIC has the MAC address $1; is this the right script for this machine?" >&2
  return 1
}
{% for link in links -%}
{{ link.nic }}=$(nic_with_mac {{ link.mac }})
{% endfor -%}
