import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { lab, labMust, onNode, RUN_BASE, writeTinyLab } from './harness.ts';
import { inFull } from './scope.ts';

const NAME = 'red';
const VIP = '192.168.2.100';

beforeAll(() => labMust('up', 'tun-basic', '--name', NAME));
afterAll(() => lab(['down', '--all']));

test('a check that fails ends in exit code 1 and shows its evidence', async () => {
  await onNode(NAME, 'director', `ipvsadm -E -t ${VIP}:80 -s sh`);
  const failed = await lab(['test', NAME, '-c', 'rotation']);
  expect(failed.exitCode).toBe(1);
  expect(failed.stdout).toMatch(/^FAIL +rotation:/m);
  expect(failed.stdout).toContain(`TCP  ${VIP}:80 sh`);
  const bundle = failed.stderr.match(/\S+\/bundles\/\S+/)?.[0] as string;
  expect(await readFile(join(bundle, 'state', 'rs1.txt'), 'utf8')).toMatch(/192\.168\.2\.100\/32 scope global tunl0/);
  expect(await readFile(join(bundle, 'state', 'director.txt'), 'utf8')).toContain(`TCP  ${VIP}:80 sh`);
});

inFull('a lab that is red already proves nothing, and is left as it is', async () => {
  const proof = await lab(['test', NAME, '--prove']);
  expect(proof.exitCode).toBe(1);
  expect(proof.stdout).toMatch(/^FAIL +rotation:/m);
  expect(proof.stdout).not.toContain('prove/');
  await onNode(NAME, 'director', 'lab-node boot');
});

test('a sabotage that its check does not see fails the proof, and one that others see too', async () => {
  const text = await readFile('labs/tun-basic.yaml', 'utf8');
  const file = join(`${RUN_BASE}-labs`, 'blind.yaml');
  // The folder is made with the first lab that is written there.
  await writeTinyLab('unused');
  await writeFile(
    file,
    `${text.slice(0, text.indexOf('sabotages:')).replace('name: tun-basic', 'name: blind')}
sabotages:
  unseen:
    summary: something that no check can see
    break: { rs1: touch /root/broken }
    red: [rotation]
    undo: { rs1: rm /root/broken }
  understated:
    summary: a scheduler that more than rotation sees
    break: { director: ipvsadm -E -t ${VIP}:80 -s sh }
    red: [rotation]
`,
  );
  await labMust('up', file);
  const proof = await lab(['test', 'blind', '--prove', '-f', 'json']);
  expect(proof.exitCode).toBe(1);
  const verdicts = JSON.parse(proof.stdout).verdicts.slice(-2);
  expect(verdicts).toMatchObject([
    { check: 'prove/unseen', status: 'fail', summary: expect.stringMatching(/^rotation did not fail: /) },
    { check: 'prove/understated', status: 'fail', summary: expect.stringMatching(/^share failed as well: /) },
  ]);
  // Both are mended, whatever was found.
  expect((await lab(['test', 'blind'])).exitCode).toBe(0);
  await expect(onNode('blind', 'rs1', 'ls /root/broken')).rejects.toThrow('No such file');
});

inFull('a lab without sabotages has nothing to prove', async () => {
  await labMust('up', await writeTinyLab('tiny'));
  const proof = await lab(['test', 'tiny', '--prove']);
  expect(proof.exitCode).toBe(2);
  expect(proof.stderr).toContain('the lab tiny has no sabotages');
});
