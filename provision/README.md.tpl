# {{ lab }}

{{ summary }}

```text
{% for line in picture -%}
{{ line | text }}
{% endfor -%}
```

| node | what it does | gateway |
|---|---|---|
{% for node in nodes -%}
| {{ node.name }} | {{ node.description }} | {{ node.gateway }} |
{% endfor %}
## Setting up

With Vagrant, and libvirt or VirtualBox, `vagrant up` in this folder makes the machines and sets them up;
`vagrant ssh {{ first }}` logs in, `vagrant destroy --force` takes them down. The `Vagrantfile` is all that it needs.

Each script sets up one machine, and is meant to be read: real values, in the order a person would type them. It finds
its NICs by MAC address, so machines that you make yourself need these:

| node | segment | address | MAC address |
|---|---|---|---|
{% for nic in nics -%}
| {{ nic.node }} | {{ nic.segment }} | {{ nic.address }} | `{{ nic.mac | text }}` |
{% endfor %}
Run it as root on its machine, as often as you like: it mends what was changed. After a reboot the machine does the same
by itself (`systemctl status lab-node`). The order does not matter in the end; in this one, a service is announced only
when there is somebody to serve it:

```sh
{% for step in order -%}
{{ step.command | text }}  # on {{ step.node | text }}
{% endfor -%}
```

## Looking at it
{% for service in services %}
### {{ service.name }}: {{ service.endpoint }}, {{ service.method }}

{% if service.upstream -%}
No client asks for it: {{ service.director }} is a real server of {{ service.upstream }}, and balances on what it gets from there.
{% else -%}
On {{ clients }}, ask a few times and see who answers ({{ service.scheduler }}):

```sh
{% if service.protocol == "udp" -%}
for i in {1..6}; do dig +short @{{ service.address | text }} -p {{ service.port | text }} whoami.lab; done
{% else -%}
for i in {1..6}; do curl {{ service.url | text }}; done
{% endif -%}
```

On another node of {{ service.segment }}, see whose MAC address the VIP has:

```sh
ip neighbour show {{ service.vip | text }}
```
{% endif %}
On {{ service.director }}:

```sh
ipvsadm -ln          # the table: services and real servers
ipvsadm -ln --stats  # what each has been sent
ipvsadm -lnc         # connections, and which real server each went to
{% if service.forward == "nat" -%}
tcpdump -ni any tcp  # each packet twice: before and after its addresses are rewritten
{% endif -%}
```

On {{ service.real_servers }}:

```sh
{% if service.forward == "tun" -%}
# Requests come wrapped in a packet from the director.
tcpdump -ni any {% if ipv6 %}ip6 proto 41{% elsif service.tunnel == "gue" %}udp port 6080{% elsif service.tunnel == "gre" %}ip proto 47{% else %}ip proto 4{% endif %}
{% elsif service.forward == "dr" -%}
# Requests come from the director's MAC address, and are otherwise untouched.
tcpdump -eni any dst host {{ service.vip | text }}
{% else -%}
# Requests come for this machine's own address; replies go back through the director, which is why it is the gateway.
tcpdump -ni any tcp
ip route
{% endif -%}
{% if service.forward != "nat" -%}
# Replies go to the client, with the VIP as their source.
tcpdump -ni any src host {{ service.vip | text }}
# The VIP is where no {% if ipv6 %}neighbour solicitation{% else %}ARP request{% endif %} finds it.
ip address show {% if service.forward == "dr" %}lo{% elsif ipv6 %}ip6tnl0{% elsif service.tunnel == "gre" %}gre0{% else %}tunl0{% endif %}
{% endif -%}
```
{% endfor -%}
