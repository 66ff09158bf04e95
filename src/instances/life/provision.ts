import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Guest } from '../../guest/guest.ts';
import { LabError } from '../../support/errors.ts';
import { shellQuote } from '../../support/shell.ts';
import { instanceLayout } from '../instance.ts';

/** Milliseconds one node's script may take: on EL8 it installs packages. */
const PROVISION_BUDGET = 600_000;

/**
 * Leaves a node's script on it, where a student can read and change it, and runs it: one command, since every
 * round trip costs an emulated guest. What it prints goes to the instance's log.
 * @throws LabError with the script's last lines.
 */
export const provision = async (instance: string, guest: Guest, script: string, signal: AbortSignal): Promise<void> => {
  const path = shellQuote(`/root/${guest.name}.sh`);
  const result = await guest.run(`cat > ${path} && bash ${path} 2>&1`, {
    input: script,
    timeout: PROVISION_BUDGET,
    signal,
  });
  const log = instanceLayout(instance).provisionLog(guest.name);
  await mkdir(dirname(log), { recursive: true });
  await writeFile(log, result.stdout);
  if (result.exitCode === 0) return;
  throw new LabError({
    tried: `provision ${guest.name}`,
    happened: `its script ended with exit code ${result.exitCode}:\n${result.stdout.trim().split('\n').slice(-10).join('\n')}`,
    next: `read the script with \`lab render ${instance} -o DIR\`; \`lab up --keep\` leaves the machines up for a look`,
  });
};
