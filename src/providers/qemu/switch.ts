import { readFile } from 'node:fs/promises';
import { execa } from 'execa';
import type { Lab, Segment } from '../../lab/lab.ts';
import { LabError } from '../../support/errors.ts';
import { runLayout } from './layout.ts';

/** Ports beyond one per link, for tools that look at the segment. */
const SPARE_PORTS = 8;

/**
 * Starts the Ethernet switch that is one segment and gives its pid. It learns addresses and floods broadcasts like a
 * real one, and its socket directory is open to this user only.
 */
export const startSwitch = async (lab: Lab, segment: Segment, runDir: string): Promise<number> => {
  const run = runLayout(runDir);
  const ports =
    lab.nodes.flatMap((node) => node.links).filter((link) => link.segment === segment.name).length + SPARE_PORTS;
  // As a daemon: in the foreground it ends with its standard input, which is the life of this process.
  const started = await execa(
    'vde_switch',
    [
      '--daemon',
      '--sock',
      run.switch(segment.name),
      '--mode',
      '600',
      '--dirmode',
      '700',
      '--numports',
      String(ports),
      '--pidfile',
      run.switchPid(segment.name),
    ],
    { stdin: 'ignore', all: true, reject: false, timeout: 15_000, cwd: runDir },
  );
  if (started.exitCode !== 0) {
    throw new LabError({
      tried: `start the switch of segment ${segment.name}`,
      happened: started.all?.trim() || started.shortMessage || 'vde_switch failed without a word',
      next: 'see what this host lacks: lab doctor',
      cause: started,
    });
  }
  return Number(await readPidFile(run.switchPid(segment.name)));
};

/** The daemon writes its pid after the process that was started has ended, so the file may be a moment late. */
const readPidFile = async (path: string): Promise<string> => {
  for (let attempt = 0; attempt < 100; attempt++) {
    const text = await readFile(path, 'utf8').catch(() => '');
    if (/^\d+\n/.test(text)) return text.trim();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new LabError({ tried: 'learn the process of a switch', happened: `${path} stayed empty for 2 s` });
};
