// What people have beside the hook in their shells: prompt tools, line editor tools, and stand-ins for others.
import { join } from 'node:path'
import type { Program } from './hooked-shell.ts'

const STAND_IN = join(import.meta.dirname, 'debug-trap.bash')

export interface PromptTool {
  /** Takes seconds for a prompt: only what differs is typed. */
  readonly slow?: true
  readonly name: string
  readonly program: Program
  /** What it is made of; without it the tests are skipped. */
  readonly file: string
  /** Loads it. */
  readonly line: string
  /** Prints `yes` while the tool is at work. */
  readonly works: string
}

const LIQUIDPROMPT = '/usr/share/liquidprompt/liquidprompt'
const POWERLINE = '/usr/share/powerline/bindings'
const SUGGESTIONS = '/usr/share/zsh-autosuggestions/zsh-autosuggestions.zsh'
const HIGHLIGHTING = '/usr/share/zsh-syntax-highlighting/zsh-syntax-highlighting.zsh'

export const PROMPT_TOOLS: readonly PromptTool[] = [
  {
    name: 'liquidprompt',
    program: 'bash',
    file: LIQUIDPROMPT,
    line: `. ${LIQUIDPROMPT}`,
    works: '[[ $(type -t __lp_set_prompt) == function && $PS1 != *typed* ]] && echo yes',
  },
  {
    name: 'liquidprompt',
    program: 'zsh',
    file: LIQUIDPROMPT,
    line: `. ${LIQUIDPROMPT}`,
    works: '(( $+functions[__lp_set_prompt] )) && [[ $PS1 != *typed* ]] && echo yes',
  },
  {
    name: 'powerline',
    slow: true,
    program: 'bash',
    file: `${POWERLINE}/bash/powerline.sh`,
    line: `. ${POWERLINE}/bash/powerline.sh`,
    works: '[[ $PS1 == *\ue0b0* ]] && echo yes',
  },
  {
    name: 'powerline',
    slow: true,
    program: 'zsh',
    file: `${POWERLINE}/zsh/powerline.zsh`,
    line: `. ${POWERLINE}/zsh/powerline.zsh`,
    works: '[[ $PS1 == *POWERLINE* ]] && echo yes',
  },
  {
    name: 'powerline',
    slow: true,
    program: 'fish',
    file: `${POWERLINE}/fish/powerline-setup.fish`,
    line: `set fish_function_path $fish_function_path ${POWERLINE}/fish; powerline-setup`,
    works: 'fish_prompt | string match -q "*\ue0b0*"; and echo yes',
  },
  {
    name: 'zsh-autosuggestions',
    program: 'zsh',
    file: SUGGESTIONS,
    line: `. ${SUGGESTIONS}`,
    works: '[[ $widgets[self-insert] == user:*autosuggest* ]] && echo yes',
  },
  {
    name: 'zsh-syntax-highlighting',
    program: 'zsh',
    file: HIGHLIGHTING,
    line: `. ${HIGHLIGHTING}`,
    works: '[[ -n $ZSH_HIGHLIGHT_VERSION ]] && (( $+functions[_zsh_highlight] )) && echo yes',
  },
  {
    name: 'a tool that wants to be first',
    program: 'bash',
    file: STAND_IN,
    line: `first() { seen=$?; }; PROMPT_COMMAND=$'first\\n'"\${PROMPT_COMMAND-}"`,
    works: 'false; [[ $seen == 5 ]] && echo yes',
  },
  {
    name: 'a stand-in for bash-preexec',
    program: 'bash',
    file: STAND_IN,
    line: `. ${STAND_IN}`,
    works: '[[ $(trap -p DEBUG) == *stand_in_preexec* ]] && echo yes',
  },
]
