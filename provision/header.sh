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
