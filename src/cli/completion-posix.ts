import { aboutInstance, type Grammar, type Values } from './completion-grammar.ts';

/**
 * The part of a completion script that bash and zsh share: functions that look at a command line and set `candidates`
 * (each `word` or `word:help`) and `files` of their caller.
 */
export const lookUp = (grammar: Grammar): string => `\
# _lab_find CURRENT PROGRAM WORD...: what can stand in the place of CURRENT, behind the other words.
_lab_find() {
  local current=$1 program=$2 word at=lab option='' count=0 first=''
  shift 2
  case $program in '~/'*) program=$HOME/\${program#'~/'} ;; esac
  for word; do
    if [[ -n $option ]]; then
      option=''
      continue
    fi
    case "$at $word" in
${steps(grammar).join('\n')}
      *' '-*) ;;
      *)
        [[ $count -gt 0 ]] || first=$word
        count=$((count + 1))
        ;;
    esac
  done
  if [[ -n $option ]]; then
    case $option in
${optionValues(grammar).join('\n')}
    esac
  elif [[ $current == -* ]]; then
    case $at in
${options(grammar).join('\n')}
    esac
  else
    case "$at $count" in
${operands(grammar).join('\n')}
    esac
  fi
}

# Names that only the program knows.
_lab_ask() {
  local name
  for name in $("$program" __complete "$@" 2>/dev/null </dev/null); do
    candidates+=("$name")
  done
}
`;

/** Words that lead from one command to the next, and options that want a value. */
const steps = (grammar: Grammar): string[] =>
  grammar.flatMap(({ path, commands, options }) => [
    ...commands.map(({ name, aliases }) =>
      branch(
        [name, ...aliases].map((word) => quote(`${path} ${word}`)),
        `at=${quote(`${path} ${name}`)}`,
      ),
    ),
    ...options
      .filter(({ value }) => value)
      .map(({ names }) =>
        branch(
          names.map((name) => quote(`${path} ${name}`)),
          `option=${quote(`${path} ${names[0]}`)}`,
        ),
      ),
  ]);

const optionValues = (grammar: Grammar): string[] =>
  grammar.flatMap(({ path, options }) =>
    options.flatMap(({ names, value }) => offer([quote(`${path} ${names[0]}`)], value ?? {})),
  );

const options = (grammar: Grammar): string[] =>
  grammar.map(({ path, options }) =>
    branch(
      [quote(path)],
      `candidates=(${options.map(({ names, help }) => quote(`${names.at(-1)}:${help}`)).join(' ')})`,
    ),
  );

const operands = (grammar: Grammar): string[] =>
  grammar.flatMap(({ path, commands, operands, variadic }) => [
    ...(commands.length === 0
      ? []
      : [
          branch(
            [quote(`${path} 0`)],
            `candidates=(${commands.map(({ name, help }) => quote(`${name}:${help}`)).join(' ')})`,
          ),
        ]),
    ...operands.flatMap((values, index) => {
      const isLast = variadic && index === operands.length - 1;
      return offer([isLast ? `${quote(`${path} `)}*` : quote(`${path} ${index}`)], values);
    }),
  ]);

const offer = (patterns: string[], { words, ask, files }: Values): string[] => {
  const actions = [
    words && `candidates=(${words.map(quote).join(' ')})`,
    ask && `_lab_ask ${ask}${aboutInstance(ask) ? ' "$first"' : ''}`,
    files && 'files=yes',
  ].filter((action) => action !== undefined && action !== false);
  return actions.length === 0 ? [] : [branch(patterns, actions.join('; '))];
};

const branch = (patterns: string[], action: string): string => `      ${patterns.join(' | ')}) ${action} ;;`;

const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
