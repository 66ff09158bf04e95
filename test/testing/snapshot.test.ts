import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { STATE_COMMANDS } from '../../src/diagnosis/commands.ts';
import { type Detail, snapshotScript } from '../../src/diagnosis/script.ts';
import { takeSnapshot } from '../../src/diagnosis/take-snapshot.ts';
import type { Guest } from '../../src/guest/guest.ts';
import type { MachineStatus } from '../../src/guest/machine.ts';
import { LabError } from '../../src/support/errors.ts';
import { diagnosisFiles, stateFiles } from '../../src/testing/snapshot.ts';
import { TUN_BASIC } from '../diagnosis/recorded.ts';

/** Programs of a node, each of which prints how it was called. */
const PROGRAMS =
  'ip ipvsadm sysctl iptables-save arptables-save lsmod systemctl journalctl ss nstat nft tc ps head cut grep';
const STAND_INS = `for each in ${PROGRAMS}; do eval "$each() { echo $each called with \\$*; }"; done\n`;

/** Takes a snapshot of nodes whose shell is real and whose programs are not; rs1 is broken, rs2 in that state. */
const snapshot = async (detail: Detail, rs2: MachineStatus = 'running') => {
  const asked: string[] = [];
  const guest = async (node: string): Promise<Guest> => {
    const run: Guest['run'] = async (script) => {
      asked.push(node);
      if (node === 'rs1') throw new LabError({ tried: 'run it on rs1', happened: 'not done within 120 s' });
      return {
        stdout: execFileSync('bash', ['-c', STAND_INS + script], { encoding: 'utf8' }),
        stderr: '',
        exitCode: 0,
      };
    };
    return { run } as Guest;
  };
  const states = TUN_BASIC.nodes.map(({ name }) => ({
    node: name,
    status: name === 'rs2' ? rs2 : ('running' as const),
  }));
  return { asked, said: await takeSnapshot({ lab: TUN_BASIC, family: 'debian', states, guest }, detail) };
};

const whole = await snapshot('whole', 'paused');
const state = stateFiles(whole.said);
const diagnosis = diagnosisFiles(whole.said);

test('every node that runs is asked once', () => {
  expect(whole.asked.toSorted()).toEqual(['client', 'director', 'router', 'rs1']);
});

test.each(['client', 'director'])('the state of %s has every heading, and what was printed, in order', (node) => {
  const text = state[`state/${node}.txt`] ?? '';
  expect(text.split('\n').filter((line) => line.startsWith('# '))).toEqual(STATE_COMMANDS.map((each) => `# ${each}`));
  expect(text).toMatch(/^# ip address\nip called with address\n\n# ip route show table all\n/);
  expect(text).toContain(
    `# ip route show table all\nip called with route show table all\n\n# ip rule\nip called with rule\n\n`,
  );
  expect(text).toContain('# ipvsadm -lnc\nipvsadm called with -lnc\n\n');
  expect(text).toContain("conf.all.forwarding|accept_local) =|^net.ipv4.vs'\ngrep called with -E (arp_ignore|");
  expect(text).toMatch(/# journalctl --no-pager --lines=200\njournalctl called with --no-pager --lines=200\n\n$/);
});

test('what a diagnosis asks in the same words is not asked again', () => {
  for (const node of ['client', 'director']) {
    const script = snapshotScript(TUN_BASIC, node, 'debian', 'whole');
    for (const command of ['ip route show table all', 'ip rule', 'ipvsadm -lnc', 'ipvsadm -ln --stats'])
      expect(script.split(`; ${command} 2>&1`).length - 1).toBe(1);
  }
});

test('what a diagnosis rests on is the same with what is for a person and without', async () => {
  const plain = await snapshot('diagnosis', 'paused');
  expect(diagnosisFiles(plain.said)).toEqual(diagnosis);
  expect(plain.said.get('client')?.state).toBeUndefined();
  expect(diagnosis['diagnosis/client.txt']).toMatch(/^#=# address\nip called with -j -s address\n#=# route\n/);
  expect(diagnosis['diagnosis/client.txt']).not.toContain('journalctl');
});

test('of a node that was not heard there is the reason', () => {
  expect(state['state/rs1.txt']).toBe('it could not be asked: cannot run it on rs1: not done within 120 s\n');
  expect(state['state/rs2.txt']).toBe('it could not be asked: its machine is paused\n');
  expect(diagnosis['diagnosis/rs1.txt']).toBe('cannot run it on rs1: not done within 120 s');
  expect(Object.keys(state)).toEqual(TUN_BASIC.nodes.map(({ name }) => `state/${name}.txt`));
});
