import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { describePacket } from '../../src/capture/describe.ts';
import { decodePacket, innermost } from '../../src/capture/packet.ts';
import { readPcap } from '../../src/capture/pcap.ts';
import { arp, ethernet, ipv4, randomNumbers, tcp, udp } from './bytes.ts';

const A = '52:54:00:01:00:01';
const B = '52:54:00:01:00:02';
const decode = (bytes: Buffer) => decodePacket({ time: 0, length: bytes.length, bytes });
const inIp = (payload: Buffer) => decode(ethernet(A, B, 0x0800, payload));
const request = ipv4({
  source: '192.168.1.200',
  destination: '192.168.2.100',
  protocol: 6,
  payload: tcp({ from: 40000, to: 80, flags: 'P.', sequence: 7, payload: 'GET /' }),
});
const tunnelled = ipv4({ source: '192.168.2.200', destination: '192.168.2.220', protocol: 4, payload: request });

describe('decodePacket', () => {
  test('agrees with tcpdump on a real capture', async () => {
    const { frames } = readPcap(await readFile(new URL('http.pcap', import.meta.url)));
    // tcpdump -n -t -S, without TCP options; where tcpdump gives a range of sequence numbers, its start.
    const client = '192.168.1.200.48204';
    const server = '192.168.1.1.80';
    expect(frames.map((frame) => describePacket(decodePacket(frame)))).toEqual([
      'ARP, Request who-has 192.168.1.1 tell 192.168.1.200',
      'ARP, Reply 192.168.1.1 is-at 52:54:00:01:00:02',
      `IP ${client} > ${server}: Flags [S], seq 1191484153, length 0`,
      `IP ${server} > ${client}: Flags [S.], seq 2540640284, ack 1191484154, length 0`,
      `IP ${client} > ${server}: Flags [.], seq 1191484154, ack 2540640285, length 0`,
      `IP ${client} > ${server}: Flags [P.], seq 1191484154, ack 2540640285, length 85`,
      `IP ${server} > ${client}: Flags [.], seq 2540640285, ack 1191484239, length 0`,
      `IP ${server} > ${client}: Flags [P.], seq 2540640285, ack 1191484239, length 184`,
      `IP ${client} > ${server}: Flags [.], seq 1191484239, ack 2540640469, length 0`,
      `IP ${server} > ${client}: Flags [P.], seq 2540640469, ack 1191484239, length 4`,
      `IP ${client} > ${server}: Flags [.], seq 1191484239, ack 2540640473, length 0`,
      `IP ${client} > ${server}: Flags [F.], seq 1191484239, ack 2540640473, length 0`,
      `IP ${server} > ${client}: Flags [F.], seq 2540640473, ack 1191484239, length 0`,
      `IP ${server} > ${client}: Flags [.], seq 2540640474, ack 1191484240, length 0`,
      `IP ${client} > ${server}: Flags [.], seq 1191484240, ack 2540640474, length 0`,
      'IP 192.168.1.200.58096 > 192.168.1.1.81: Flags [S], seq 2237465827, length 0',
      'IP 192.168.1.1.81 > 192.168.1.200.58096: Flags [R.], seq 0, ack 2237465828, length 0',
      'IP 192.168.1.200.60017 > 192.168.1.1.9: UDP, length 3',
      'IP 192.168.1.1 > 192.168.1.200: ICMP port unreachable',
    ]);
    const page = decodePacket(frames[9] as (typeof frames)[number]);
    expect(page.ethernet).toMatchObject({ source: B, destination: A });
    expect(page.ip?.tcp?.payload.toString()).toBe('rs1\n');
  });

  test('finds the packet in a tunnel, and in a tunnel in a tunnel', () => {
    const once = inIp(tunnelled);
    expect(describePacket(once)).toBe(
      'IP 192.168.2.200 > 192.168.2.220: IP 192.168.1.200.40000 > 192.168.2.100.80: Flags [P.], seq 7, ack 0, length 5',
    );
    const twice = inIp(ipv4({ source: '10.0.0.1', destination: '10.0.0.2', protocol: 4, payload: tunnelled }));
    for (const { ip } of [once, twice]) {
      expect(ip && innermost(ip).tcp?.payload.toString()).toBe('GET /');
    }
  });

  test('reads past options and a VLAN tag, and leaves out the padding of a short frame', () => {
    const options = Buffer.from([7, 4, 4, 0]);
    const ip = ipv4({
      source: '1.2.3.4',
      destination: '5.6.7.8',
      protocol: 6,
      payload: tcp({ from: 1, to: 2, flags: 'S' }),
      options,
    });
    const tagged = Buffer.concat([Buffer.from([0x00, 0x2a, 0x08, 0x00]), ip, Buffer.alloc(6)]);
    const packet = decode(ethernet(A, B, 0x8100, tagged));
    expect(packet.ethernet).toMatchObject({ vlan: 42, type: 0x0800 });
    expect(packet.ip?.tcp?.payload).toHaveLength(0);
    expect(describePacket(packet)).toBe('vlan 42, IP 1.2.3.4.1 > 5.6.7.8.2: Flags [S], seq 1, length 0');
  });

  test('takes no header from the middle of a packet', () => {
    const payload = tcp({ from: 1, to: 2, flags: 'S' });
    const first = inIp(
      ipv4({ source: '1.2.3.4', destination: '5.6.7.8', protocol: 6, payload, flagsAndOffset: 0x2000 }),
    );
    expect(first.ip).toMatchObject({ fragment: { offset: 0, more: true }, tcp: { sourcePort: 1 } });
    const later = inIp(ipv4({ source: '1.2.3.4', destination: '5.6.7.8', protocol: 6, payload, flagsAndOffset: 3 }));
    expect(later.ip?.fragment).toEqual({ offset: 24, more: false });
    expect(later.ip?.tcp).toBeUndefined();
    expect(describePacket(later)).toBe('IP 1.2.3.4 > 5.6.7.8: ip-proto-6, length 20, fragment at 24');
  });

  test('tells the length on the wire of a packet that was not kept whole', () => {
    const bytes = ethernet(A, B, 0x0800, request);
    const packet = decodePacket({ time: 0, length: bytes.length, bytes: bytes.subarray(0, -3) });
    expect(packet.ip).toMatchObject({ missing: 3 });
    expect(describePacket(packet)).toMatch(/length 5$/);
  });

  test('describes ICMP errors by what they say', () => {
    const icmp = (type: number, code: number, mtu = 0) =>
      describePacket(
        inIp(
          ipv4({
            source: '1.2.3.4',
            destination: '5.6.7.8',
            protocol: 1,
            payload: Buffer.from([type, code, 0, 0, 0, 0, mtu >> 8, mtu & 255]),
          }),
        ),
      ).replace(/^.*: /, '');
    expect(icmp(3, 2)).toBe('ICMP protocol unreachable');
    expect(icmp(3, 4, 1480)).toBe('ICMP fragmentation needed (mtu 1480)');
    expect(icmp(3, 99)).toBe('ICMP unreachable, code 99');
    expect(icmp(11, 0)).toBe('ICMP time exceeded');
    expect(icmp(8, 0)).toBe('ICMP echo request');
    expect(icmp(40, 1)).toBe('ICMP type 40, code 1');
  });

  test('gives what it can of a frame cut anywhere', () => {
    const whole = ethernet(A, B, 0x0800, tunnelled);
    for (let length = 0; length < whole.length; length++) {
      const packet = decode(whole.subarray(0, length));
      expect(packet.ethernet !== undefined).toBe(length >= 14);
      expect(packet.ip !== undefined).toBe(length >= 34);
      expect(packet.ip?.inner !== undefined).toBe(length >= 54);
      expect(packet.ip?.inner?.tcp !== undefined).toBe(length >= 74);
      expect(describePacket(packet)).not.toBe('');
    }
  });

  test('decodes and describes whatever bytes there are', () => {
    const random = randomNumbers(2);
    const claim = { operation: 1, senderMac: A, senderAddress: '1.2.3.4', targetMac: B, targetAddress: '5.6.7.8' };
    const seeds = [ethernet(A, B, 0x0800, tunnelled), ethernet(A, B, 0x0806, arp(claim)), Buffer.alloc(0)];
    for (let round = 0; round < 5000; round++) {
      const noise = Buffer.from(Array.from({ length: random() * 80 }, () => random() * 256));
      const bytes = Buffer.concat([seeds[round % seeds.length] as Buffer, noise]);
      for (let hits = 0; hits < 4 && bytes.length > 14; hits++)
        bytes[12 + Math.floor(random() * (bytes.length - 12))] = random() * 256;
      expect(describePacket(decode(bytes))).toMatch(/./);
    }
  });

  test('follows no nesting without end', () => {
    let packet = request;
    for (let depth = 0; depth < 1000; depth++) {
      packet = ipv4({ source: '1.1.1.1', destination: '2.2.2.2', protocol: 4, payload: packet });
    }
    const { ip } = inIp(packet);
    expect(ip && innermost(ip).inner).toBeUndefined();
  });
});

describe('tunnels', () => {
  const outer = { source: '192.168.2.200', destination: '192.168.2.220' };
  const gue = (...header: number[]) =>
    inIp(ipv4({ ...outer, protocol: 17, payload: udp(40001, 6080, Buffer.concat([Buffer.from(header), request])) }));
  const gre = (...header: number[]) =>
    inIp(ipv4({ ...outer, protocol: 47, payload: Buffer.concat([Buffer.from(header), request]) }));

  test.each([
    ['GUE', gue(0, 4, 0, 0)],
    ['GUE with a word of options', gue(1, 4, 0, 0, 9, 9, 9, 9)],
    ['GRE', gre(0, 0, 8, 0)],
    ['GRE with checksum, key and sequence number', gre(0xb0, 0, 8, 0, ...new Array(12).fill(7))],
  ])('%s is taken off', (_, { ip }) => {
    expect(ip && innermost(ip)).toMatchObject({ destination: '192.168.2.100' });
    expect(ip && innermost(ip).tcp?.payload.toString()).toBe('GET /');
  });

  test.each([
    ['a control message of GUE', gue(0x20, 4, 0, 0)],
    ['another version of GUE', gue(0x40, 4, 0, 0)],
    ['IPv6 in GUE', gue(0, 41, 0, 0)],
    ['an empty datagram', inIp(ipv4({ ...outer, protocol: 17, payload: udp(1, 6080, Buffer.alloc(0)) }))],
    ['Ethernet in GRE', gre(0, 0, 0x65, 0x58)],
    ['GRE cut short', inIp(ipv4({ ...outer, protocol: 47, payload: Buffer.from([0, 0]) }))],
  ])('%s is left as it is', (_, { ip }) => {
    expect(ip?.inner).toBeUndefined();
  });

  test('are told by their names', () => {
    const inside = 'IP 192.168.1.200.40000 > 192.168.2.100.80: Flags [P.], seq 7, ack 0, length 5';
    expect(describePacket(gue(0, 4, 0, 0))).toBe(`IP 192.168.2.200.40001 > 192.168.2.220.6080: GUE, ${inside}`);
    expect(describePacket(gre(0, 0, 8, 0))).toBe(`IP 192.168.2.200 > 192.168.2.220: GRE, ${inside}`);
  });
});
