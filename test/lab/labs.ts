/** A sound lab of every role, to change one thing in. */
export const SOUND = `name: sound
segments:
  outside: 192.168.1.0/24
  inside: 192.168.2.0/24
nodes:
  client: { links: { outside: 192.168.1.200 }, gateway: router }
  router: { links: { outside: 192.168.1.1, inside: 192.168.2.1 }, forwarding: true }
  director: { links: { inside: 192.168.2.200 }, gateway: router }
  rs1: { links: { inside: 192.168.2.220 }, gateway: router }
  rs2: { links: { inside: 192.168.2.210 }, gateway: router }
clients: [client]
services:
  web: { vip: 192.168.2.100, port: 80, scheduler: rr, forward: tun, director: director, real-servers: [rs1, rs2] }
`;

/** Text with each pair's first string, which it must have, replaced by the second. */
export const changed = (text: string, ...changes: readonly (readonly [from: string, to: string])[]): string =>
  changes.reduce((result, [from, to]) => {
    if (!result.includes(from)) throw new Error(`nothing to change: ${from}`);
    return result.replaceAll(from, to);
  }, text);
