{% if arptables.size > 0 -%}
#   arp_ignore, arp_announce  at their defaults: arptables, below, does what they would
{% else -%}
#   arp_ignore, arp_announce  only the director may answer ARP for the VIP, and nobody may learn it from ARP requests of
#                             this machine: requests would then come here past the director
{% endif -%}
