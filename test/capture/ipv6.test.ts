import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { describePacket } from '../../src/capture/describe.ts';
import { decodePacket, innermost } from '../../src/capture/packet.ts';
import { readPcap } from '../../src/capture/pcap.ts';
import { ethernet, ipv4, ipv6, neighbour, randomNumbers, tcp } from './bytes.ts';

const A = '52:54:00:01:00:01';
const B = '52:54:00:01:00:02';
const ends = { source: 'fd00:1::200', destination: 'fd00:2::100' };
const decode = (bytes: Buffer) => decodePacket({ time: 0, length: bytes.length, bytes });
const inIp6 = (payload: Buffer) => decode(ethernet(A, B, 0x86dd, payload));
const segment = tcp({ from: 40000, to: 80, flags: 'P.', sequence: 7, payload: 'GET /' });
const request = ipv6({ ...ends, protocol: 6, payload: segment, flowLabel: 0xf68ce, hopLimit: 63 });

describe('IPv6', () => {
  test('agrees with tcpdump on what a director saw of one request, and of its own start', async () => {
    const { frames } = readPcap(await readFile(new URL('ipv6.pcap', import.meta.url)));
    const packets = frames.map(decodePacket);
    // tcpdump -n -t -S, without TCP options, as in packet.test.ts; the MAC addresses are those that its -v adds.
    const asked = 'fd00:1::200.49052 > fd00:2::100.80';
    const tunnel = 'IP6 fd00:2::200 > fd00:2::210: ';
    const both = (words: string) => [`IP6 ${asked}: ${words}`, `${tunnel}IP6 ${asked}: ${words}`];
    const report = 'IP6 fe80::5054:ff:fe02:3 > ff02::16: ICMP6, type 143, code 0';
    expect(packets.map(describePacket)).toEqual([
      'IP6 fe80::5054:ff:fe02:2 > ff02::1:ff00:100: ICMP6, neighbor solicitation, who has fd00:2::100',
      'IP6 fd00:2::100 > fe80::5054:ff:fe02:2: ICMP6, neighbor advertisement, tgt is fd00:2::100, is at 52:54:00:02:00:03',
      ...both('Flags [S], seq 1690806848, length 0'),
      ...both('Flags [.], seq 1690806849, ack 1891704805, length 0'),
      ...both('Flags [P.], seq 1690806849, ack 1891704805, length 77'),
      ...both('Flags [.], seq 1690806926, ack 1891705034, length 0'),
      ...both('Flags [F.], seq 1690806926, ack 1891705034, length 0'),
      ...both('Flags [.], seq 1690806927, ack 1891705035, length 0'),
      // Behind a header of hop-by-hop options.
      report,
      report,
      'IP6 fd00:2::100 > ff02::1: ICMP6, neighbor advertisement, tgt is fd00:2::100, is at 52:54:00:02:00:03',
      report,
    ]);
    expect(packets[0]?.ip?.neighbour).toEqual({
      operation: 'solicitation',
      target: 'fd00:2::100',
      mac: '52:54:00:02:00:02',
    });
    expect(packets[3]?.ip).toMatchObject({ version: 6, protocol: 41, ttl: 62, inner: { version: 6, ttl: 62 } });
    expect(packets[7]?.ip && innermost(packets[7].ip).tcp?.payload.toString()).toMatch(/^GET \/ HTTP\/1.1\r\nHost: \[/);
  });

  test('keeps its fields, flow label and hop limit among them', () => {
    expect(inIp6(request).ip).toMatchObject({
      version: 6,
      ...ends,
      protocol: 6,
      ttl: 63,
      identification: 0xf68ce,
      missing: 0,
      tcp: { sourcePort: 40000, destinationPort: 80 },
    });
  });

  test('takes the payload as long as the header says, without the padding of a short frame', () => {
    const padded = inIp6(Buffer.concat([request, Buffer.alloc(20)]));
    expect(padded.ip?.tcp?.payload.toString()).toBe('GET /');
    const cut = inIp6(request.subarray(0, -3));
    expect(cut.ip).toMatchObject({ missing: 3 });
  });

  test.each([
    ['hop-by-hop options', 0, Buffer.from([6, 0, 5, 2, 0, 0, 1, 0])],
    ['a routing header of sixteen bytes', 43, Buffer.from([6, 1, ...Array(14).fill(0)])],
    ['options for the destination', 60, Buffer.from([6, 0, 1, 4, 0, 0, 0, 0])],
    ['two of them', 0, Buffer.from([60, 0, 1, 4, 0, 0, 0, 0, 6, 0, 1, 4, 0, 0, 0, 0])],
  ])('looks behind %s', (_, protocol, header) => {
    const { ip } = inIp6(ipv6({ ...ends, protocol, payload: Buffer.concat([header, segment]) }));
    expect(ip).toMatchObject({ protocol: 6, tcp: { destinationPort: 80 } });
    expect(ip?.tcp?.payload.toString()).toBe('GET /');
  });

  test('tells fragments, and finds the ports in the first only', () => {
    const fragment = (offsetAndFlags: number) =>
      inIp6(
        ipv6({
          ...ends,
          protocol: 44,
          payload: Buffer.concat([Buffer.from([6, 0, offsetAndFlags >> 8, offsetAndFlags & 255, 0, 0, 0, 9]), segment]),
        }),
      ).ip;
    expect(fragment(1)).toMatchObject({ fragment: { offset: 0, more: true }, tcp: { destinationPort: 80 } });
    expect(fragment(24)).toMatchObject({ fragment: { offset: 24, more: false } });
    expect(fragment(24)?.tcp).toBeUndefined();
  });

  test('finds the packet in each tunnel that may hold it', () => {
    const outer = { source: 'fd00:2::200', destination: 'fd00:2::210' };
    const over6 = inIp6(ipv6({ ...outer, protocol: 41, payload: request }));
    expect(over6.ip?.inner).toMatchObject({ ...ends, tcp: { destinationPort: 80 } });
    const over4 = decode(
      ethernet(A, B, 0x0800, ipv4({ source: '10.0.0.1', destination: '10.0.0.2', protocol: 41, payload: request })),
    );
    expect(over4.ip).toMatchObject({ version: 4, inner: { version: 6, ...ends } });
    // Next header 4 is IPv4, and what is no IPv4 is not taken for it.
    expect(inIp6(ipv6({ ...outer, protocol: 4, payload: request })).ip?.inner).toBeUndefined();
  });

  test.each([
    ['an error', 1, 4, 'port unreachable'],
    ['an error of another code', 1, 9, 'unreachable, code 9'],
    ['the path MTU', 2, 0, 'packet too big (mtu 1460)'],
    ['a hop limit that ran out', 3, 0, 'time exceeded'],
    ['a ping', 128, 0, 'echo request'],
    ['its answer', 129, 0, 'echo reply'],
    ['a redirect', 137, 0, 'redirect'],
  ])('tells %s of ICMPv6', (_, type, code, words) => {
    const message = Buffer.from([type, code, 0, 0, 0, 0, 1460 >> 8, 1460 & 255]);
    expect(describePacket(inIp6(ipv6({ ...ends, protocol: 58, payload: message })))).toBe(
      `IP6 fd00:1::200 > fd00:2::100: ICMP6, ${words}`,
    );
  });

  test('reads the option of neighbour discovery that holds the MAC address, behind others, or none', () => {
    const told = neighbour(136, 'fd00:2::100', B);
    const message = (options: Buffer) =>
      inIp6(ipv6({ ...ends, protocol: 58, payload: Buffer.concat([told.subarray(0, 24), options]) })).ip?.neighbour;
    const nonce = Buffer.from([14, 1, 1, 2, 3, 4, 5, 6]);
    expect(message(Buffer.concat([nonce, told.subarray(24)]))?.mac).toBe(B);
    expect(message(nonce)).toEqual({ operation: 'advertisement', target: 'fd00:2::100' });
    // A length of 0 would never end.
    expect(message(Buffer.from([14, 0, 1, 2, 3, 4, 5, 6]))?.mac).toBeUndefined();
  });

  test('never throws, however short or odd the bytes are', () => {
    const random = randomNumbers(6);
    const whole = ethernet(A, B, 0x86dd, ipv6({ ...ends, protocol: 41, payload: request }));
    const solicitation = ethernet(
      A,
      B,
      0x86dd,
      ipv6({
        ...ends,
        protocol: 0,
        payload: Buffer.concat([Buffer.from([58, 0, 1, 4, 0, 0, 0, 0]), neighbour(135, 'fd00::1', A)]),
      }),
    );
    for (const frame of [whole, solicitation]) {
      for (let length = 0; length <= frame.length; length++) decode(frame.subarray(0, length));
      for (let round = 0; round < 2000; round++) {
        const odd = Buffer.from(frame);
        for (let change = 0; change < 4; change++) odd[Math.floor(random() * odd.length)] = Math.floor(random() * 256);
        describePacket(decode(odd));
      }
    }
  });
});
