import type { Grammar } from './completion-grammar.ts';
import { lookUp } from './completion-posix.ts';

/** For bash 3.2, which macOS has, and newer. */
export const bashScript = (grammar: Grammar): string => `\
# Completion of lab for bash. Use it with: eval "$(lab completion bash)"
${lookUp(grammar)}
_lab() {
  local current=\${COMP_WORDS[COMP_CWORD]} word candidates=() files='' before=()
  # bash makes three words of --format=json.
  for word in "\${COMP_WORDS[@]:0:COMP_CWORD}"; do
    [[ $word == '=' ]] || before+=("$word")
  done
  [[ $current != '=' ]] || current=''
  _lab_find "$current" "\${before[@]}"
  COMPREPLY=()
  for word in "\${candidates[@]}"; do
    word=\${word%%:*}
    [[ $word != "$current"* ]] || COMPREPLY+=("$word")
  done
  [[ -n $files ]] || return 0
  while IFS= read -r word; do
    COMPREPLY+=("$word")
  done < <(compgen -f -- "$current")
  compopt -o filenames 2>/dev/null
}

complete -F _lab lab
`;
