/** One mistake in a lab, and what a diagnosis should name first. */
export interface Sabotage {
  readonly lab: string;
  readonly name: string;
  readonly node: string;
  readonly break: string;
  readonly undo: string;
  /** The hypothesis, and the node where it is other than the one that was broken. */
  readonly cause: string;
  readonly at?: string;
}

const VIP = '192.168.2.100';
const BOOT = 'lab-node boot';

const of = (lab: string, rows: readonly (readonly [string, string, string, string, string, string?])[]): Sabotage[] =>
  rows.map(([name, node, breaking, undo, cause, at]) => ({
    lab,
    name,
    node,
    break: breaking,
    undo,
    cause,
    ...(at && { at }),
  }));

/** Single mistakes, each as somebody has made it: those of the tutorials, of the troubleshooting page, and of the labs. */
export const SABOTAGES: readonly Sabotage[] = [
  ...of('tun-basic', [
    ['the tunnel is down', 'rs1', 'ip link set tunl0 down', 'ip link set tunl0 up', 'tunnels'],
    ['ipip is not loaded', 'rs2', 'rmmod ipip', BOOT, 'tunnels'],
    ['the real server has no VIP', 'rs2', `ip address del ${VIP}/32 dev tunl0`, BOOT, 'addresses'],
    ['the director has no VIP', 'director', `ip address del ${VIP}/32 dev eth1`, BOOT, 'addresses'],
    ['rp_filter on the real server', 'rs2', 'sysctl -w net.ipv4.conf.all.rp_filter=1', BOOT, 'reverse-path'],
    [
      'protocol 4 is filtered',
      'rs1',
      'iptables -A INPUT -p 4 -j DROP',
      'iptables -D INPUT -p 4 -j DROP',
      'packet-filters',
    ],
    [
      'port 80 is filtered on the router',
      'router',
      'iptables -A FORWARD -p tcp --dport 80 -j DROP',
      'iptables -D FORWARD -p tcp --dport 80 -j DROP',
      'packet-filters',
    ],
    ['the router does not forward', 'router', 'sysctl -w net.ipv4.ip_forward=0', BOOT, 'forwarding'],
    ['the real server has no gateway', 'rs1', 'ip route del default', BOOT, 'routes'],
    ['the director is the gateway', 'rs1', 'ip route replace default via 192.168.2.200', BOOT, 'routes'],
    ['the client has no gateway', 'client', 'ip route del default', BOOT, 'routes'],
    ['the NIC is down', 'rs2', 'ip link set eth1 down', BOOT, 'links'],
    ['packets get lost', 'rs1', 'tc qdisc add dev eth1 root netem loss 100%', 'tc qdisc del dev eth1 root', 'links'],
    ['the web server does not run', 'rs2', 'systemctl stop apache2', 'systemctl start apache2', 'servers'],
    [
      'the web server listens on the RIP',
      'rs1',
      "sed -i 's/^Listen 80$/Listen 192.168.2.220:80/' /etc/apache2/ports.conf && systemctl restart apache2",
      'bash /root/rs1.sh',
      'servers',
    ],
    ['the web server stands still', 'rs2', 'pkill -STOP apache2', 'pkill -CONT apache2', 'servers'],
    ['the table is empty', 'director', 'ipvsadm -C', BOOT, 'table'],
    ['a real server is not in the table', 'director', `ipvsadm -d -t ${VIP}:80 -r 192.168.2.220:80`, BOOT, 'table'],
    ['weight 0', 'director', `ipvsadm -e -t ${VIP}:80 -r 192.168.2.210:80 -i -w 0`, BOOT, 'table'],
    ['forwarded by -m', 'director', `ipvsadm -e -t ${VIP}:80 -r 192.168.2.220:80 -m`, BOOT, 'table'],
    ['forwarded by -g', 'director', `ipvsadm -e -t ${VIP}:80 -r 192.168.2.220:80 -g`, BOOT, 'table'],
    ['another scheduler', 'director', `ipvsadm -E -t ${VIP}:80 -s sh`, BOOT, 'table'],
    [
      'the client is hidden',
      'rs1',
      'iptables -t nat -A INPUT -p tcp --dport 80 -j SNAT --to-source 10.9.9.9',
      'iptables -t nat -D INPUT -p tcp --dport 80 -j SNAT --to-source 10.9.9.9',
      'translation',
    ],
    ['a second owner of the VIP', 'rs1', 'sysctl -w net.ipv4.conf.all.arp_ignore=0', BOOT, 'arp'],
  ]),
  ...of('dr-basic', [
    ['VIP with /24 on lo', 'rs2', 'ip address add 192.168.150.100/24 dev lo', BOOT, 'addresses'],
    ['no VIP on lo', 'rs1', 'ip address del 192.168.150.100/32 dev lo', BOOT, 'addresses'],
    ['a second owner of the VIP', 'rs1', 'sysctl -w net.ipv4.conf.all.arp_ignore=0', BOOT, 'arp'],
    [
      'forwarded by -i, and no tunnel there',
      'director',
      'ipvsadm -e -t 192.168.150.100:80 -r 192.168.150.12 -i',
      BOOT,
      'table',
    ],
  ]),
  ...of('nat-basic', [
    ['the director does not forward', 'director', 'sysctl -w net.ipv4.ip_forward=0', BOOT, 'forwarding'],
    ['the real server has no gateway', 'rs1', 'ip route del default', BOOT, 'routes'],
    ['a persistent service', 'director', 'ipvsadm -E -t 192.168.1.100:80 -s rr -p 300', BOOT, 'table'],
    [
      'the port is not mapped',
      'director',
      'ipvsadm -d -t 192.168.1.100:80 -r 192.168.2.220:8080 && ipvsadm -a -t 192.168.1.100:80 -r 192.168.2.220:80 -m',
      BOOT,
      'table',
    ],
  ]),
];
