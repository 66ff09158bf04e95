import type { Cause } from '../cause.ts';
import { type Rule, ruleCommand } from '../packet-filter.ts';
import { type Hypothesis, losing, type Scene, saidBy, spoke } from '../scene.ts';

/** Addresses that are translated where they should not be, or not where they should: the table `nat`, and marks. */
export const translation: Hypothesis = (scene) => [...strange(scene), ...missing(scene), ...unmarked(scene)];

const TARGETS = ['SNAT', 'MASQUERADE', 'DNAT', 'REDIRECT'];
const isTranslating = ({ table, words }: Rule): boolean =>
  table === 'nat' && TARGETS.includes(words[words.indexOf('-j') + 1] ?? '');

const strange = (scene: Scene): Cause[] =>
  scene.lab.nodes.flatMap(({ name, staticNat, iptables }) =>
    saidBy(scene, name)
      .filter.filter(isTranslating)
      .filter(({ words }) => {
        const own = staticNat.flatMap((entry) => [entry.public, entry.private]);
        // Rules of the lab file are its own, however iptables-save writes them.
        if (iptables.some((rule) => rule.includes('nat'))) return false;
        return !(own.length > 0 && own.every((address) => words.some((word) => word.split('/')[0] === address)));
      })
      .map((rule): Cause => {
        const target = rule.words[rule.words.indexOf('-j') + 1];
        const hides = target === 'SNAT' || target === 'MASQUERADE';
        return {
          hypothesis: 'translation',
          node: name,
          what: `${hides ? 'puts another address in the place of the source' : 'sends packets to another address'}: ${ruleCommand(rule, '-A')}`,
          show: { node: name, command: 'iptables -t nat -S' },
          mend: [{ node: name, command: ruleCommand(rule, '-D') }],
          effect: hides
            ? {
                checks: [
                  'client-address',
                  'direct-return',
                  'return-through-director',
                  'route',
                  'encapsulated',
                  'mac-rewrite',
                ],
              }
            : { ...losing(scene.journeys, 'timeout'), turns: true },
          counted: rule.packets > 0,
        };
      }),
  );

const missing = (scene: Scene): Cause[] =>
  scene.lab.nodes.flatMap(({ name, staticNat }) => {
    const said = saidBy(scene, name);
    if (!spoke(said)) return [];
    const rules = said.filter.filter(isTranslating);
    return staticNat.flatMap((entry): Cause[] => {
      const isThere = rules.some(
        ({ chain, words }) =>
          chain === 'PREROUTING' &&
          words.some((word) => word.split('/')[0] === entry.public) &&
          words.includes(entry.private),
      );
      if (isThere) return [];
      return [
        {
          hypothesis: 'translation',
          node: name,
          what: `does not translate ${entry.public} to ${entry.private}: its table nat has no such rule`,
          show: { node: name, command: 'iptables -t nat -S' },
          mend: [{ node: name, command: 'lab-node boot' }],
          effect: losing(
            scene.journeys.filter(({ service }) => service.public?.node === name),
            'timeout',
          ),
        },
      ];
    });
  });

/** Services by firewall mark, whose packets are not marked by where they come from. */
const unmarked = (scene: Scene): Cause[] =>
  scene.lab.services.flatMap(({ name: service, director, fwmark }): Cause[] => {
    const said = saidBy(scene, director);
    if (!fwmark || !spoke(said)) return [];
    const marks = said.filter.filter(
      ({ table, chain, words }) => table === 'mangle' && chain === 'PREROUTING' && words.includes('MARK'),
    );
    const markOf = ({ words }: Rule) =>
      Number(words.at(words.findIndex((word) => /^--set-x?mark$/.test(word)) + 1)?.split('/')[0]);
    const journeys = scene.journeys.filter((journey) => journey.service.name === service);
    const show = { node: director, command: 'iptables -t mangle -S PREROUTING' };
    const mend = [{ node: director, command: 'lab-node boot' }];
    return fwmark.sources.flatMap((source): Cause[] => {
      const own = marks.filter(({ words }) => words.includes(source));
      if (own.length === 0) {
        const wider = marks.find(
          ({ words }) => words.includes('-s') && !words.includes(source) && markOf({ words } as Rule) !== fwmark.mark,
        );
        const effect = wider && marks.length < 2 ? { turns: true } : losing(journeys, 'refused');
        return [
          {
            hypothesis: 'translation',
            node: director,
            what: `does not mark packets from ${source} with ${fwmark.mark}, so that they are for no service, or for another`,
            show,
            mend,
            effect: { ...effect, turns: true, checks: ['share', 'rotation'] },
          },
        ];
      }
      return own
        .filter((rule) => markOf(rule) !== fwmark.mark)
        .map((rule) => ({
          hypothesis: 'translation',
          node: director,
          what: `marks packets from ${source} with ${markOf(rule)}, not with ${fwmark.mark}`,
          show,
          mend,
          effect: { turns: true, checks: ['share'] },
        }));
    });
  });
