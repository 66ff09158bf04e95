import { describe, expect, test } from 'vitest';
import { judgeStringMatch } from '../../src/checks/string-match.ts';
import type { IpSighting } from '../../src/traffic/connection.ts';
import { curlFailure } from '../../src/traffic/failure.ts';
import type { Burst } from '../../src/traffic/observation.ts';
import { server, WEB } from '../traffic/tun-basic.ts';

const CLIENT = { address: '192.168.1.200', port: 40000 };
const SERVICE = { ...WEB, realServers: [server('video1', '192.168.2.11')] };

const burst = (answer: string | undefined): Burst => ({
  client: 'client',
  service: SERVICE,
  wanted: 1,
  requests: [
    {
      number: 1,
      token: 't-1',
      seconds: 0.1,
      ...CLIENT,
      ...(answer === undefined ? { failure: curlFailure(7, 'curl: (7) Connection refused') } : { answer, status: 200 }),
    },
  ],
});

/** A packet of the request as it arrives at the director. */
const arrived = (payload: string, syn = false): IpSighting => {
  const tcp = {
    sourcePort: CLIENT.port,
    destinationPort: SERVICE.port,
    sequence: 1,
    acknowledgement: 0,
    flags: { fin: false, syn, rst: false, psh: false, ack: !syn },
    window: 1024,
    payload: Buffer.from(payload),
  };
  const ip = { source: CLIENT.address, destination: SERVICE.vip, protocol: 6, tcp } as unknown as IpSighting['ip'];
  return { node: 'director', segment: 'inside', ip, packet: { time: 0, ip } as IpSighting['packet'] };
};

const PACKETS = [arrived('', true), arrived(''), arrived('GET /?file=video&lab=t-1 HTTP/1.1')];

describe('string-match', () => {
  test('passes when the rule matched and chose nothing, and tells why', () => {
    expect(judgeStringMatch('video', burst('web1'), 1, PACKETS)).toMatchObject({
      status: 'pass',
      summary:
        'the rule marked 1 packet, and chose nothing: the SYN had 0 bytes of payload, "video" came in packet 3; answered by web1',
    });
  });

  test('passes when the requests are refused, for want of another service', () => {
    expect(judgeStringMatch('video', burst(undefined), 2, PACKETS).summary).toMatch(/; answered by nobody$/);
  });

  test.each<[string, string, number, IpSighting[], string]>([
    ['a mark that chose', 'video1', 1, PACKETS, 'request 1 was answered by video1: the mark did choose'],
    ['no rule', 'web1', 0, PACKETS, 'no rule on director marked a packet by the string video'],
    ['a SYN with the string', 'web1', 1, [arrived('GET /video', true)], 'the SYN itself holds "video"'],
  ])('fails: %s', (_, answer, hits, packets, summary) => {
    expect(judgeStringMatch('video', burst(answer), hits, packets)).toMatchObject({ status: 'fail', summary });
  });

  test('cannot look when the packets were not seen', () => {
    expect(() => judgeStringMatch('video', burst('web1'), 1, [])).toThrow('0 packets');
  });
});
