import { FAMILIES, type Family } from '../images/families.ts';
import type { Service } from '../lab/lab.ts';

/** The unit of systemd that answers for a service on a real server, there on that port. */
export const serverUnit = ({ protocol, webServer }: Service, port: number, family: Family): string =>
  protocol === 'udp' ? `lab-dns-${port}` : FAMILIES[family].webServers[webServer].unit;
