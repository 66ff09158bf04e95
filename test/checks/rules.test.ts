import { describe, expect, test } from 'vitest';
import { judgeRules } from '../../src/checks/rules.ts';
import type { Service } from '../../src/lab/lab.ts';
import { server, WEB } from '../traffic/tun-basic.ts';

// What ipvsadm 1.31 prints of the tables that the labs have.
const TUN = `-A -t 192.168.2.100:80 -s rr
-a -t 192.168.2.100:80 -r 192.168.2.210:80 -i -w 1 --tun-type ipip
-a -t 192.168.2.100:80 -r 192.168.2.220:80 -i -w 1 --tun-type ipip
`;
const RS2 = '-a -t 192.168.2.100:80 -r 192.168.2.210:80';
const judge = (saved: string, change: Partial<Service> = {}, whole = true) =>
  judgeRules([{ ...WEB, ...change }], saved, whole);

describe('rules', () => {
  test.each<[string, string, Partial<Service>]>([
    ['tun', TUN, {}],
    ['any order', TUN.split('\n').reverse().join('\n'), {}],
    ['dr', TUN.replaceAll('-i -w 1 --tun-type ipip', '-g -w 1'), { forward: 'dr' }],
    [
      'nat with ports and weights',
      '-A -t 192.168.2.100:80 -s wrr\n-a -t 192.168.2.100:80 -r 192.168.2.220:8080 -m -w 3\n',
      { forward: 'nat', scheduler: 'wrr', realServers: [{ ...server('rs1', '192.168.2.220', 3), port: 8080 }] },
    ],
    ['gue', TUN.replaceAll('--tun-type ipip', '--tun-type gue --tun-port 6080 --tun-nocsum'), { tunType: 'gue' }],
    ['gre', TUN.replaceAll('--tun-type ipip', '--tun-type gre --tun-nocsum'), { tunType: 'gre' }],
    [
      'IPv6',
      '-A -t [fd00:2::100]:80 -s rr\n-a -t [fd00:2::100]:80 -r [fd00:2::220]:80 -i -w 1 --tun-type ipip\n',
      { vip: 'fd00:2::100', realServers: [server('rs1', 'fd00:2::220')] },
    ],
    ['udp, one packet', TUN.replaceAll('-t ', '-u ').replace('rr', 'rr -o'), { protocol: 'udp', ops: true }],
    [
      'flags of a scheduler, in whatever order the file has them',
      TUN.replace('rr', 'mh -b mh-fallback,mh-port'),
      { scheduler: 'mh', schedulerFlags: ['mh-port', 'mh-fallback'] },
    ],
  ])('passes: %s', (_, saved, change) => {
    expect(judge(saved, change)).toMatchObject({ status: 'pass' });
  });

  test.each([
    [
      'a scheduler',
      TUN.replace('rr', 'wlc'),
      'the table lacks the line: -A -t 192.168.2.100:80 -s rr (2 lines drifted)',
    ],
    ['a server gone', TUN.replace(/.*210.*\n/, ''), `the table lacks the line: ${RS2} -i -w 1`],
    ['a weight', TUN.replace('-w 1', '-w 0'), `the table lacks the line: ${RS2} -i -w 1 (2 lines drifted)`],
    [
      'a method',
      TUN.replace('-i -w 1 --tun-type ipip', '-g -w 1'),
      `the table lacks the line: ${RS2} -i -w 1 (2 lines drifted)`,
    ],
    [
      'a tunnel',
      TUN.replace('--tun-type ipip', '--tun-type gre'),
      `the table lacks the line: ${RS2} -i -w 1 (2 lines drifted)`,
    ],
    [
      'a stranger',
      `${TUN}-A -t 192.168.2.100:81 -s rr\n`,
      'the table has a line too many: -A -t 192.168.2.100:81 -s rr',
    ],
    [
      'persistence',
      TUN.replace('rr', 'rr -p 300'),
      'the table lacks the line: -A -t 192.168.2.100:80 -s rr (2 lines drifted)',
    ],
    ['an empty table', '', 'the table lacks the line: -A -t 192.168.2.100:80 -s rr (3 lines drifted)'],
  ])('fails: %s', (_, saved, summary) => {
    expect(judge(saved)).toMatchObject({ status: 'fail', summary });
  });

  test('names each line that drifted', () => {
    expect(judge(TUN.replace('-w 1', '-w 5')).evidence[0]).toMatchObject({
      lines: [`- ${RS2} -i -w 1`, `+ ${RS2} -i -w 5`],
    });
  });

  test('judges only the services in scope', () => {
    const others = `${TUN}-A -t 192.168.2.100:81 -s rr\n`;
    expect(judge(others, {}, false).status).toBe('pass');
    expect(judge(`${others}-a -t 192.168.2.100:80 -r 192.168.2.1:80 -i -w 1`, {}, false).status).toBe('fail');
  });
});
