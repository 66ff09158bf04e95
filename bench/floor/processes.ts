import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';

const started: ChildProcess[] = [];

/** Ends all that was started, by pid. Called at the end of this process, whatever brings it. */
export const endAll = (): void => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
};

process.on('exit', endAll);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(130));

/** Starts a process that runs until all are ended. That it ends before is an error of the whole, with what it said. */
export const start = (command: string, args: string[], stdio: SpawnOptions['stdio']): ChildProcess => {
  const child = spawn(command, args, { stdio });
  started.push(child);
  child.on('error', (error) => {
    throw error;
  });
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    said += chunk;
  });
  child.on('close', (code, signal) => {
    if (started.includes(child)) throw new Error(`${command} ended: ${signal ?? `exit code ${code}`}: ${said.trim()}`);
  });
  return child;
};

/** Runs a process to its end. @throws Error when it fails. */
export const run = async (command: string, args: string[]): Promise<void> => {
  const [code] = await once(spawn(command, args, { stdio: ['ignore', 'ignore', 'inherit'] }), 'exit');
  if (code !== 0) throw new Error(`${command} ${args.join(' ')}: exit code ${code}`);
};

/** Clock ticks a second in /proc, the same on every Linux that Node runs on. */
const TICKS = 100;

/** CPU seconds that a process has used. */
export const cpuSeconds = (pid: number): number => {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // proc(5): the command's name, in parentheses, may hold anything; utime and stime are 12 and 13 fields after it.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
};

/** Memory of a process in bytes, each shared page divided among those that share it. */
export const pssBytes = (pid: number): number =>
  Number(/^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1]) * 1024;
