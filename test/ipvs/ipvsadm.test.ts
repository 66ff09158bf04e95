import { execa } from 'execa';
import { expect, test } from 'vitest';
import { hasServer } from '../../src/ipvs/ipvsadm.ts';
import type { RealServer, Service } from '../../src/lab/lab.ts';
import { shipped } from '../provision/fixtures/labs.ts';

const holds = async (condition: string, line: string): Promise<boolean> => {
  const { exitCode } = await execa('bash', ['-c', `ipvsadm() { echo '${line}'; }; ${condition}`], { reject: false });
  return exitCode === 0;
};
const webOf = async (name: string): Promise<[Service, RealServer]> => {
  const service = (await shipped(name)).services[0] as Service;
  return [service, service.realServers[0] as RealServer];
};

test('a real server is found by its address, an IPv6 one too, and by its weight where one is given', async () => {
  for (const name of ['tun-basic', 'tun-ipv6']) {
    const [service, server] = await webOf(name);
    const [vip, rip] = [service.vip, server.address].map((each) => (each.includes(':') ? `[${each}]` : each));
    const line = `-a -t ${vip}:80 -r ${rip}:80 -i -w 10 --tun-type ipip`;
    expect(await holds(hasServer(service, server), line)).toBe(true);
    expect(await holds(hasServer(service, server, 10), line)).toBe(true);
    expect(await holds(hasServer(service, server, 1), line)).toBe(false);
    expect(await holds(hasServer(service, server), line.replace(`-r ${rip}`, '-r 10.0.0.1'))).toBe(false);
  }
});
