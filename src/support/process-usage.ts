import { readFile } from 'node:fs/promises';

/** Clock ticks a second in /proc/PID/stat; 100 on every Linux architecture that QEMU hosts run on (sysconf(3)). */
const TICKS = 100;

/**
 * What a process uses: its proportional set size in bytes (memory it shares counts by its share, so that the sum over
 * processes is true) and the CPU seconds it has used. Empty where the host does not tell (not Linux).
 */
export const usageOf = async (pid: number): Promise<{ memory?: number; cpuSeconds?: number }> => {
  try {
    const [rollup, stat] = await Promise.all([
      readFile(`/proc/${pid}/smaps_rollup`, 'utf8'),
      readFile(`/proc/${pid}/stat`, 'utf8'),
    ]);
    const kib = rollup.match(/^Pss:\s+(\d+) kB$/m)?.[1];
    // The command's name may hold spaces, so the fields are counted from its closing parenthesis.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const cpuSeconds = (Number(fields[11]) + Number(fields[12])) / TICKS;
    return kib === undefined ? { cpuSeconds } : { memory: Number(kib) * 1024, cpuSeconds };
  } catch {
    return {};
  }
};
