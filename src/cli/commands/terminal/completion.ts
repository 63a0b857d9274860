// karo completion: prints the script with which a shell completes commands, options, choices and names of known nodes.
import { defineCommand, show } from '../../command.ts'
import { bashScript } from '../../completion/bash.ts'
import { fishScript } from '../../completion/fish.ts'
import { completionSpec, type PlaceSpec } from '../../completion/spec.ts'
import { zshScript } from '../../completion/zsh.ts'

export type CompletionShell = 'bash' | 'zsh' | 'fish'

export const COMPLETION_SCRIPTS: Readonly<Record<CompletionShell, (places: readonly PlaceSpec[]) => string>> =
  {
    bash: bashScript,
    zsh: zshScript,
    fish: fishScript,
  }
const SHELLS = Object.keys(COMPLETION_SCRIPTS) as readonly CompletionShell[]

export const commands = [
  defineCommand('completion', {
    summary: 'print the script with which a shell completes commands, options and names of nodes',
    args: { shell: { description: 'which shell', choices: SHELLS } },
    examples: {
      'eval "$(karo completion bash)"': 'in ~/.bashrc, without the hook',
    },
    async run(io, { args: { shell } }) {
      const script = COMPLETION_SCRIPTS[shell](await completionSpec(io.commands))
      return show(io, { shell, script }, () => Buffer.from(script))
    },
  }),
]
