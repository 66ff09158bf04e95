import type { WebServer } from '../lab/lab.ts';

/** Programs that scripts install where they are missing, beside web servers. */
export type Program = 'arping' | 'arptables' | 'curl' | 'dnsmasq' | 'ipvsadm' | 'iptables' | 'keepalived' | 'tcpdump';

/** A web server, as a family has it. */
export interface WebServerFacts {
  readonly package: string;
  /** Its name on the search path, and of its processes. */
  readonly program: string;
  /** Its unit of systemd, without `.service`. */
  readonly unit: string;
  readonly accessLogs: readonly string[];
}

/**
 * All that the project knows of a kind of distribution. The rest is shell: the templates in `provision/<family>/`, which
 * say how packages are installed and how settings persist.
 */
export interface FamilyFacts {
  /** The package that has each program. */
  readonly packages: Readonly<Record<Program, string>>;
  readonly webServers: Readonly<Record<WebServer, WebServerFacts>>;
  /** The page that every web server serves. */
  readonly page: string;
  /** The unit of the SSH server, without `.service`. */
  readonly sshUnit: string;
  /** Timers that would lock the package database behind a script's back. */
  readonly packageTimers: readonly string[];
  /** Whether addresses are asked for on every NIC that cloud-init says nothing of, as NetworkManager does. */
  readonly configuresEveryNic: boolean;
}

const families = <Name extends string>(table: Readonly<Record<Name, FamilyFacts>>) => table;

/** The kinds of distribution that guests can be of. */
export const FAMILIES = families({
  debian: {
    packages: {
      arping: 'iputils-arping',
      arptables: 'arptables',
      curl: 'curl',
      dnsmasq: 'dnsmasq-base',
      ipvsadm: 'ipvsadm',
      iptables: 'iptables',
      keepalived: 'keepalived',
      tcpdump: 'tcpdump',
    },
    webServers: {
      apache: {
        package: 'apache2',
        program: 'apache2',
        unit: 'apache2',
        accessLogs: ['/var/log/apache2/access.log', '/var/log/apache2/other_vhosts_access.log'],
      },
      nginx: {
        package: 'nginx-light',
        program: 'nginx',
        unit: 'nginx',
        accessLogs: ['/var/log/nginx/access.log'],
      },
    },
    page: '/var/www/html/index.html',
    sshUnit: 'ssh',
    packageTimers: ['apt-daily.timer', 'apt-daily-upgrade.timer'],
    configuresEveryNic: false,
  },
  el8: {
    packages: {
      arping: 'iputils',
      arptables: 'iptables-arptables',
      curl: 'curl',
      dnsmasq: 'dnsmasq',
      ipvsadm: 'ipvsadm',
      iptables: 'iptables',
      keepalived: 'keepalived',
      tcpdump: 'tcpdump',
    },
    webServers: {
      apache: {
        package: 'httpd',
        program: 'httpd',
        unit: 'httpd',
        accessLogs: ['/var/log/httpd/access_log'],
      },
      nginx: {
        package: 'nginx',
        program: 'nginx',
        unit: 'nginx',
        accessLogs: ['/var/log/nginx/access.log'],
      },
    },
    page: '/var/www/html/index.html',
    sshUnit: 'sshd',
    packageTimers: ['dnf-makecache.timer'],
    configuresEveryNic: true,
  },
});

/** Which kind of distribution a guest is. */
export type Family = keyof typeof FAMILIES;
