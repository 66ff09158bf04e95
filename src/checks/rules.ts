import { z } from 'zod';
import { probeLines, SAVE, serviceOption, tableLines } from '../ipvs/ipvsadm.ts';
import { linesOf } from '../ipvs/lines.ts';
import { readTable } from '../ipvs/table.ts';
import { directorsOf, type Service } from '../lab/lab.ts';
import { servicesIn } from '../traffic/scope.ts';
import { type Evidence, fail, type Outcome, pass } from '../verdicts/verdict.ts';
import type { Check, CheckContext } from './check.ts';
import { combine, scopeOptions } from './judge.ts';

const options = z.strictObject(scopeOptions);

/**
 * The director's table is what the lab file says: every virtual service with its scheduler and flags, every real server
 * with its forwarding method and weight, and no others. Each line that drifted is named, in the words of
 * `ipvsadm --save`.
 *
 * Broken by any change of the table by hand, by a health checker that takes a real server out, and by a director whose
 * script did not run.
 */
export const rules: Check<z.infer<typeof options>> = {
  name: 'rules',
  summary: "the director's table is what the lab file says",
  options,
  run: async (context, scope) => {
    const services = servicesIn(context.lab, scope);
    const directors = [...new Set(services.flatMap(directorsOf))];
    const parts = directors.map(async (director) => ({
      of: director,
      // A table that is judged for some services may hold others.
      ...judgeRules(
        services.filter((service) => directorsOf(service).includes(director)),
        await savedTable(context, director),
        scope.services === undefined,
      ),
    }));
    return combine(await Promise.all(parts));
  },
};

const savedTable = async (context: CheckContext, director: string): Promise<string> => {
  const guest = await context.guest(director);
  return (await guest.must(SAVE, context.signal && { signal: context.signal })).stdout;
};

/** @param saved what `ipvsadm --save --numeric` printed. @param whole whether the table may hold nothing else. */
export const judgeRules = (services: readonly Service[], saved: string, whole = true): Outcome => {
  const wanted = services.flatMap((service) => [...tableLines(service), ...probeLines(service)]);
  const own = services.map(serviceOption);
  const found = readTable(saved);
  const missing = wanted.filter((line) => !found.some((entry) => entry.line === line));
  const extra = found
    .filter(({ service, line }) => !wanted.includes(line) && (whole || own.includes(service)))
    .map(({ line }) => line);
  const table: Evidence = { title: SAVE, lines: linesOf(saved.trimEnd()) };
  if (missing.length + extra.length === 0)
    return pass(`${wanted.length} lines of the table are as the lab file has them`, table);
  const drift = [...missing.map((line) => `- ${line}`), ...extra.map((line) => `+ ${line}`)];
  const first = missing[0] === undefined ? `has a line too many: ${extra[0]}` : `lacks the line: ${missing[0]}`;
  const others = drift.length === 1 ? '' : ` (${drift.length} lines drifted)`;
  return fail(
    `the table ${first}${others}`,
    { title: 'lines that are missing (-) and too many (+)', lines: drift },
    table,
  );
};
