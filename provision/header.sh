#!/bin/bash
#
# {{ node | text }}, a node of the lab {{ lab | text }}: {{ summary | text }}
#
{% for line in description -%}
# {{ line | text }}
{% endfor -%}
#
#   bash {{ node | text }}.sh        sets this machine up, now and for every boot; may be run again at any time
#   bash {{ node | text }}.sh boot   only what a reboot undoes; what lab-node.service runs
{% if family == "el8" -%}
#
# LAB_KEEP_SELINUX=1 leaves SELinux enforcing, LAB_KEEP_FIREWALLD=1 leaves firewalld running.
{% endif -%}

set -euo pipefail

if ((EUID != 0)); then
  echo "$0: only root can set up a machine" >&2
  exit 1
fi
