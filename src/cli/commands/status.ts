import type { Command } from 'commander';
import { instanceStatus } from '../../instances/looking/status.ts';
import { formatOption } from '../options.ts';
import type { Session } from '../session.ts';
import { table } from '../table.ts';

const MIB = 1024 ** 2;

export const status = (program: Command, session: Session): void => {
  program
    .command('status')
    .summary('show the machines of an instance')
    .description(
      'Shows the machines of an instance: roles, addresses, whether they run, the memory (PSS) and CPU time they use.',
    )
    .argument('<instance>')
    .addOption(formatOption())
    .action(async (name: string, flags: { format: 'table' | 'json' }) => {
      const found = await instanceStatus(session.providers, name);
      if (flags.format === 'json') return session.print(JSON.stringify(found, null, 2));
      session.print(`${found.name}: lab ${found.lab}, ${found.provider}, ${found.image}, ${found.phase}`);
      session.print(
        table(
          ['node', 'status', 'start', 'roles', 'addresses', 'memory', 'cpu'],
          found.nodes.map((node) => [
            node.node,
            node.status,
            node.origin ?? '-',
            node.roles.join(', ') || '-',
            Object.entries(node.addresses)
              .map(([segment, address]) => `${address} (${segment})`)
              .join(', '),
            node.memory === undefined ? '-' : `${Math.round(node.memory / MIB)} MiB`,
            node.cpuSeconds === undefined ? '-' : `${node.cpuSeconds.toFixed(1)} s`,
          ]),
        ),
      );
      for (const { number, what } of found.faults) session.print(`fault ${number}: ${what}`);
      if (found.faults.length > 0) session.print(`undo: lab heal ${found.name}`);
    });
};
