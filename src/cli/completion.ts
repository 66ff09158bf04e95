import type { Command } from 'commander';
import { bashScript } from './completion-bash.ts';
import { fishScript } from './completion-fish.ts';
import { grammarOf } from './completion-grammar.ts';
import { zshScript } from './completion-zsh.ts';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

const WRITERS = { bash: bashScript, zsh: zshScript, fish: fishScript };

/**
 * The script that completes the command in a shell: commands, options and their choices from the program itself; names
 * of labs, instances and nodes from `lab __complete labs|instances|labs-and-instances|nodes [instance]`, asked when they are needed.
 */
export const completionScript = (program: Command, shell: Shell): string => WRITERS[shell](grammarOf(program));
