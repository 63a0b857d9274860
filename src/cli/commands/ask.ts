// karo ask: words → a command and its risk, without a daemon, an init or a network; it runs nothing.
import { EXIT, KaroError } from '../../base/errors.ts'
import { askOffline } from '../../copilot/ask.ts'
import { SHELLS } from '../../risk/index.ts'
import type { Command, CommandIo } from '../command.ts'
import { judging } from '../judging.ts'
import { printAnswer } from '../views/ask.ts'

type Shell = (typeof SHELLS)[number]

/** `--shell`, else the one the person's commands are typed into, as far as it is one of ours. */
function shellOf(given: string | boolean | readonly string[] | undefined, env: CommandIo['env']): Shell {
  if (typeof given === 'string') return given as Shell
  const own = env.SHELL?.slice(env.SHELL.lastIndexOf('/') + 1)
  return SHELLS.find((shell) => shell === own) ?? 'bash'
}

const command: Command = {
  name: 'ask',
  summary: 'words → a command and its risk; it is shown, never run',
  args: [
    {
      name: 'words',
      required: true,
      variadic: true,
      oneThing: true,
      description: 'what is to be done; names, paths and texts in quotes are put into the command',
    },
  ],
  options: [
    {
      name: 'shell',
      value: 'shell',
      description: 'the shell it is for; default is your own',
      choices: SHELLS,
    },
  ],
  examples: [
    { run: "karo ask 'files larger than 100 MB in /var'", does: 'a command that finds them' },
    { run: "karo ask --json 'undo the last commit'", does: 'the command, its risk and others as JSON' },
  ],
  async run(io, input) {
    const words = input.args.words as readonly string[]
    const request = words.join(' ')
    if (request.trim() === '') throw new KaroError('bad_request', 'nothing was asked', { where: 'karo ask' })
    const shell = shellOf(input.options.shell, io.env)
    const answer = askOffline(request, { shell, judge: await judging(io, shell) })
    io.out(io.json ? `${JSON.stringify(answer)}\n` : printAnswer(answer, io))
    return answer.command === null ? EXIT.failed : EXIT.done
  },
}

export const ask: readonly Command[] = [command]
