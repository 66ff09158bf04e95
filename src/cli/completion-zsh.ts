import type { Grammar } from './completion-grammar.ts';
import { lookUp } from './completion-posix.ts';

/** For zsh with compinit loaded: as a file `_lab` in fpath, or evaluated. */
export const zshScript = (grammar: Grammar): string => `\
#compdef lab
# Completion of lab for zsh. Use it with: eval "$(lab completion zsh)"
${lookUp(grammar)}
_lab() {
  local -a candidates
  local files=''
  _lab_find "\${words[CURRENT]}" "\${(@)words[1,CURRENT-1]}"
  (( \${#candidates} == 0 )) || _describe lab candidates
  [[ -z $files ]] || _files
}

# zsh runs this file as the function when it comes from fpath.
if [[ "\${funcstack[1]}" == _lab ]]; then
  _lab "$@"
else
  compdef _lab lab
fi
`;
