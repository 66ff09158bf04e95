import { aboutInstance, type Grammar, type Values } from './completion-grammar.ts';

/** For fish 3 and newer. */
export const fishScript = (grammar: Grammar): string => `\
# Completion of lab for fish. Use it with: lab completion fish | source
function __lab_complete
    set -l current (commandline -ct)
    set -l words (commandline -opc)
    set -l program (string replace -r '^~/' "$HOME/" -- $words[1])
    set -e words[1]
    set -l at lab
    set -l option ''
    set -l count 0
    set -l first ''
    for word in $words
        if test -n "$option"
            set option ''
            continue
        end
        switch "$at $word"
${steps(grammar).join('\n')}
            case '* -*'
            case '*'
                test $count -gt 0; or set first $word
                set count (math $count + 1)
        end
    end
    if test -n "$option"
        switch $option
${optionValues(grammar).join('\n')}
        end
    else if string match -q -- '-*' "$current"
        switch $at
${options(grammar).join('\n')}
        end
    else
        switch "$at $count"
${operands(grammar).join('\n')}
        end
    end
end

complete -c lab -f -a '(__lab_complete)'
`;

/** Words that lead from one command to the next, and options that want a value. */
const steps = (grammar: Grammar): string[] =>
  grammar.flatMap(({ path, commands, options }) => [
    ...commands.map(({ name, aliases }) =>
      branch(
        [name, ...aliases].map((word) => quote(`${path} ${word}`)),
        [`set at ${quote(`${path} ${name}`)}`],
      ),
    ),
    ...options
      .filter(({ value }) => value)
      .map(({ names }) =>
        branch(
          names.map((name) => quote(`${path} ${name}`)),
          [`set option ${quote(`${path} ${names[0]}`)}`],
        ),
      ),
  ]);

const optionValues = (grammar: Grammar): string[] =>
  grammar.flatMap(({ path, options }) =>
    options.flatMap(({ names, value }) => offer(quote(`${path} ${names[0]}`), value ?? {})),
  );

const options = (grammar: Grammar): string[] =>
  grammar.map(({ path, options }) =>
    branch(
      [quote(path)],
      options.flatMap(({ names, help }) => names.map((name) => print(name, help))),
    ),
  );

const operands = (grammar: Grammar): string[] =>
  grammar.flatMap(({ path, commands, operands, variadic }) => [
    ...(commands.length === 0
      ? []
      : [
          branch(
            [quote(`${path} 0`)],
            commands.map(({ name, help }) => print(name, help)),
          ),
        ]),
    ...operands.flatMap((values, index) => {
      const isLast = variadic && index === operands.length - 1;
      return offer(quote(`${path} ${isLast ? '*' : index}`), values);
    }),
  ]);

const offer = (pattern: string, { words, ask, files }: Values): string[] => {
  const actions = [
    ...(words ?? []).map((word) => print(word)),
    ...(ask ? [`$program __complete ${ask}${aboutInstance(ask) ? ' $first' : ''} 2>/dev/null`] : []),
    ...(files ? ['__fish_complete_path $current'] : []),
  ];
  return actions.length === 0 ? [] : [branch([pattern], actions)];
};

const branch = (patterns: string[], actions: string[]): string =>
  [`            case ${patterns.join(' ')}`, ...actions.map((action) => `                ${action}`)].join('\n');

const print = (word: string, help?: string): string =>
  `printf '%s\\n' ${quote(help === undefined ? word : `${word}\t${help}`)}`;

const quote = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
