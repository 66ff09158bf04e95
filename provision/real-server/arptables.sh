
# Only the director may answer ARP for the VIP, so this machine does not hear questions for it; and nobody may learn it
# from ARP requests of this machine, so these have its own address as their sender.
arptables -F
{% for rule in arptables -%}
arptables -A INPUT -d {{ rule.vip }} -j DROP
arptables -A OUTPUT -s {{ rule.vip }} -j mangle --mangle-ip-s {{ rule.address }}
{% endfor -%}
