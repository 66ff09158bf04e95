import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FileServer } from '../images/file-server.ts';
import { LAB_HOME, lab, type Outcome, printed, processesLeft, RUN_BASE, startLab } from './harness.ts';

// A cloud image of our own, since none can be downloaded here, served from loopback: made of Debian's packages, with a
// boot loader and cloud-init as distributions publish them. It stands for `debian12-cloud`.

const SCRIPT = join(import.meta.dirname, 'cloud-image.sh');
const NAME = 'cloud';
const NODES = ['client', 'director', 'rs1'];
const BUDGET = 900_000;

const LAB = `name: ${NAME}
summary: three machines of a cloud image
image: debian12-cloud
segments: { lan: 192.168.7.0/24 }
nodes:
  client: { links: { lan: 192.168.7.1 } }
  director: { links: { lan: 192.168.7.2 } }
  rs1: { links: { lan: 192.168.7.3 } }
clients: [client]
services:
  web: { vip: 192.168.7.100, port: 80, forward: tun, director: director, real-servers: [rs1] }
checks: [reachable, encapsulated, direct-return, client-address, arp-owner]
`;

/** The image, made once for each version of the script and its files. */
const buildImage = async (): Promise<string> => {
  const hash = createHash('sha256').update(await readFile(SCRIPT));
  const files = await readdir(join(import.meta.dirname, 'cloud-image'), { recursive: true, withFileTypes: true });
  for (const file of files.filter((entry) => entry.isFile()))
    hash.update(await readFile(join(file.parentPath, file.name)));
  const dir = join(LAB_HOME, 'cloud-image', hash.digest('hex').slice(0, 16));
  const image = join(dir, 'image.qcow2');
  if (await stat(image).catch(() => undefined)) return image;
  const work = join(`${RUN_BASE}-labs`, 'cloud-image');
  await mkdir(work, { recursive: true });
  await mkdir(dir, { recursive: true });
  await execa('bash', [SCRIPT, `${image}.new`, work]);
  await execa('mv', [`${image}.new`, image]);
  return image;
};

/** An image with nothing to boot, for fetching: random, so that it takes some room. */
const emptyImage = async (): Promise<string> => {
  const dir = `${RUN_BASE}-labs`;
  await mkdir(dir, { recursive: true });
  await writeFile(join(dir, 'random'), randomBytes(16 * 1024 ** 2));
  await execa('qemu-img', ['convert', '-O', 'qcow2', join(dir, 'random'), join(dir, 'empty.qcow2')]);
  return join(dir, 'empty.qcow2');
};

const isSlow = process.env.LAB_TEST_SLOW !== undefined;
const reason = process.getuid?.() === 0 ? undefined : 'only root can make the image';

describe.skipIf(reason !== undefined)(`cloud images${reason ? ` (${reason})` : ''}`, { timeout: BUDGET }, () => {
  const home = join(`${RUN_BASE}-labs`, 'home');
  let server: FileServer;
  let content: Buffer;
  let sha256: string;
  let file: string;

  beforeAll(async () => {
    content = await readFile(isSlow ? await buildImage() : await emptyImage());
    sha256 = createHash('sha256').update(content).digest('hex');
    server = await FileServer.start();
    file = join(`${RUN_BASE}-labs`, 'cloud.yaml');
    await mkdir(home, { recursive: true });
    await writeFile(file, LAB);
  }, BUDGET);
  afterAll(async () => {
    await run(['down', '--all']);
    await server[Symbol.asyncDispose]();
  });

  /** Proxies of whoever runs the tests have no part in them. */
  const env = (more: Record<string, string> = {}) => ({ LAB_HOME: home, http_proxy: '', https_proxy: '', ...more });
  const run = (args: string[], more?: Record<string, string>): Promise<Outcome> => lab(args, env(more));
  const must = async (...args: string[]): Promise<string> => {
    const { exitCode, stdout, stderr } = await run(args);
    expect(exitCode, `${stdout}\n${stderr}`).toBe(0);
    return stdout;
  };
  const fetchArgs = (url: string, checksum = sha256) => [
    ...['image', 'fetch', 'debian12-cloud', '--complete'],
    ...['--from', url, '--checksum', checksum],
  ];
  const images = async () => JSON.parse(await must('image', 'list', '-f', 'json')) as { state: string; size: number }[];

  test('without a network, up says how to get the image, and leaves nothing', async () => {
    const { exitCode, stderr } = await run(['up', file], { https_proxy: 'http://127.0.0.1:1' });
    expect(exitCode).toBe(3);
    expect(stderr).toMatch(
      /cannot fetch image debian12-cloud: https:.*, by the proxy that https_proxy names|SHA512SUMS: /,
    );
    expect(stderr).toContain('lab image fetch debian12-cloud --from FILE');
    expect(await readdir(join(home, 'state', 'instances'))).toEqual([]);
  });

  test('what comes with another checksum is removed', async () => {
    server.files.set('/image', { content: content.subarray(0, 1_000_000), etag: '"short"' });
    const { exitCode, stderr } = await run(fetchArgs(`${server.url}/image`));
    expect(exitCode).toBe(3);
    expect(stderr).toMatch(/its checksum is SHA-256 \w+…, not SHA-256 \w+…/);
    expect(await images()).toEqual([]);
  });

  test('Ctrl-C keeps what came, and the next fetch goes on from there, by a proxy, where a connection breaks off', async () => {
    const part = Math.floor(content.length / 3);
    server.files.set('/image', { content, etag: '"whole"', stalls: part });
    const url = 'http://images.example/image';
    const options = { env: env({ http_proxy: server.url }) };
    const first = startLab(fetchArgs(url), options);
    await printed(first, /\d+ % of/);
    await expect.poll(async () => (await images())[0]?.size, { timeout: 60_000 }).toBe(part);
    first.kill('SIGINT');
    const { exitCode, stderr } = await first;
    expect(exitCode).toBe(130);
    expect(stderr).toMatch(/MiB are kept; the next try goes on from there/);
    expect(await images()).toMatchObject([{ state: 'partial', size: part }]);
    server.files.set('/image', { content, etag: '"whole"', breaks: { after: part, times: 1 } });
    server.asked.length = 0;
    const second = await startLab(fetchArgs(url), options);
    expect(second.exitCode, String(second.stderr)).toBe(0);
    expect(server.asked).toEqual([`${url} bytes=${part}-`, expect.stringMatching(/ bytes=\d+-$/)]);
    expect(await images()).toMatchObject([{ state: 'current', size: content.length }]);
  });

  // Three machines boot a whole distribution, twice: ten minutes and more without KVM, which all other tests would wait for.
  describe.skipIf(!isSlow)('machines of it (LAB_TEST_SLOW is not set)', () => {
    test('a lab comes up on it, by its own boot loader, and all checks are green', async () => {
      // A whole distribution, emulated, beside the machines of other tests.
      expect(await must('up', file, '--boot-timeout', '600')).toMatch(/5 checks: 5 passed/);
      const { nodes } = JSON.parse(await must('status', NAME, '-f', 'json'));
      expect(nodes).toMatchObject(NODES.map((node) => ({ node, status: 'running', origin: 'cold' })));
    });

    test('each machine is its own, and lets in as root', async () => {
      const command = 'hostname; cat /etc/machine-id /etc/ssh/ssh_host_ed25519_key.pub; cloud-init query instance_id';
      const results = JSON.parse(await must('exec', '-f', 'json', NAME, 'all', command)) as { stdout: string }[];
      expect(results.map(({ stdout }) => stdout.split('\n')[0])).toEqual(NODES);
      for (const line of [1, 2, 3]) {
        expect(new Set(results.map(({ stdout }) => stdout.split('\n')[line])).size).toBe(NODES.length);
      }
      expect(await must('ssh', NAME, 'rs1', 'id -un')).toBe('root');
    });

    test('cannot be saved, and says so', async () => {
      const { exitCode, stderr } = await run(['save', NAME, 'now']);
      expect(exitCode).toBe(4);
      expect(stderr).toContain('machines of the image debian12-cloud cannot be saved');
    });

    test('is in force again after a reboot', async () => {
      await must('reboot', NAME, 'director,rs1');
      const { counts } = JSON.parse((await run(['test', NAME, '-f', 'json'])).stdout);
      expect(counts).toEqual({ pass: 5, fail: 0, error: 0, skip: 0 });
    });

    test('an image that machines are made from is not removed; down leaves nothing', async () => {
      expect((await run(['image', 'rm', 'debian12-cloud'])).stderr).toContain(`the disks of ${NAME} refer to it`);
      await must('down', NAME);
      expect(processesLeft()).toEqual([]);
      expect(await readdir(join(home, 'state', 'instances'))).toEqual([]);
      await must('image', 'rm', 'debian12-cloud');
      expect(await images()).toEqual([]);
    });
  });
});
