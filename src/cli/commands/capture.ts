import { type Command, Option } from 'commander';
import { type Captured, captureInstance, pcapngOf } from '../../instances/looking/capture.ts';
import { completeInstance } from '../../instances/store.ts';
import type { Lab } from '../../lab/lab.ts';
import { writeFileAtomic } from '../../support/atomic.ts';
import { counted } from '../../support/words.ts';
import { SIGHTING_COLUMNS, sightingRow } from '../../traffic/connection.ts';
import { nicsIn } from '../nics.ts';
import { duration, formatOption, wholeNumber } from '../options.ts';
import { readyFile } from '../output-file.ts';
import type { Session } from '../session.ts';
import { table } from '../table.ts';

interface Flags {
  for?: number;
  requests?: number;
  write?: string;
  format: 'table' | 'json';
}

export const capture = (program: Command, session: Session): void => {
  program
    .command('capture')
    .summary('show the packets of all NICs, or some, by one clock')
    .description(
      'Captures packets at the NICs of an instance until Ctrl-C, and then prints them in the order of time, each as often as\n' +
        'a NIC saw it: the way of a request through the lab, hop by hop. Changes nothing.',
    )
    .argument('<instance>')
    .argument('[nics...]', 'NODE, or NODE:SEGMENT for one NIC of it; all if not given')
    .addOption(new Option('--for <time>', 'capture for that time: 30s, 5m').argParser(duration).conflicts('requests'))
    .option(
      '-r, --requests <number>',
      'have every client make so many requests of each service, and capture these',
      wholeNumber(1, 1000),
    )
    .option('-w, --write <file>', 'write them to a pcapng file for Wireshark, instead of printing')
    .addOption(formatOption())
    .action(async (name: string, words: string[], flags: Flags) => {
      const instance = await completeInstance(name);
      const nics = nicsIn(instance.definition, words);
      if (flags.write !== undefined) await readyFile(flags.write, 'write captured packets');
      const span = flags.requests === undefined ? { milliseconds: flags.for } : { requests: flags.requests };
      const where = nics.map(({ node, segment }) => `${node}:${segment}`).join(' ');
      const started = () => session.tell(`capturing at ${where}${endOf(flags)}`);
      const captured = await captureInstance(session.providers, instance, nics, span, started, session.signal);
      if (flags.write !== undefined) await writeFileAtomic(flags.write, pcapngOf(captured));
      session.print(
        flags.format === 'json'
          ? JSON.stringify(documentOf(instance.definition, captured), null, 2)
          : describe(instance.definition, captured, flags.write),
      );
    });
};

const endOf = ({ requests, for: time }: Flags): string => {
  if (requests !== undefined) return '';
  return time === undefined ? ' until Ctrl-C' : ` for ${time / 1000} s, or until Ctrl-C`;
};

const startOf = ({ sightings }: Captured): number => sightings[0]?.packet.time ?? 0;

const documentOf = (lab: Lab, captured: Captured) => ({
  start: new Date(startOf(captured) * 1000).toISOString(),
  requests: captured.bursts.flatMap(({ client, service, requests }) =>
    requests.map(({ answer, failure, seconds }) => ({
      client,
      service: service.name,
      answer,
      failure: failure?.words,
      kind: failure?.kind,
      seconds,
    })),
  ),
  packets: captured.sightings.map((sighting) => {
    const [milliseconds, node, segment, direction, packet] = sightingRow(lab, sighting, startOf(captured));
    return { milliseconds: Number(milliseconds), node, segment, direction, packet };
  }),
});

const describe = (lab: Lab, captured: Captured, file: string | undefined): string => {
  const { sightings, bursts } = captured;
  const asked = bursts.map(
    ({ client, service, requests }) =>
      `${client} asked ${service.name}: ${requests.map(({ answer }) => answer ?? '-').join(' ')}`,
  );
  const rows = sightings.map((sighting) => sightingRow(lab, sighting, startOf(captured)));
  const packets =
    file === undefined && rows.length > 0
      ? [table(SIGHTING_COLUMNS, rows)]
      : [`${counted(rows.length, 'packet')}${file === undefined ? '' : ` in ${file}`}`];
  return [...asked, ...packets].join('\n');
};
