// karo explain: shows what each part of a command line does, from which source, and what is risky. Needs no daemon, no init.

import { explainCommand } from '../../../assist/copilot/index.ts'
import { defineCommand, show } from '../../command.ts'
import { commandText, shellOf, shellOption } from '../../input/command-text.ts'
import { judging } from '../../judging.ts'
import { knownTool } from '../../knowledge.ts'
import { printExplanation } from '../../views/explain.ts'
import { printKnown } from '../../views/knowledge.ts'

const command = defineCommand('explain', {
  summary: 'show what each part of a command does',
  args: {
    command: {
      variadic: true,
      oneThing: true,
      description: 'the command, quoted or as you would type it; - reads it from standard input',
    },
  },
  options: { shell: shellOption },
  examples: {
    "karo explain 'tar -xzf backup.tgz -C /tmp'": 'shows what each word means',
    'karo explain tar': 'what is known of the tool: its options, and examples',
    "karo explain --json 'ls | wc -l'": 'the parts with their places, as JSON',
    'karo explain - < script.sh': 'explains a script',
  },
  takesCommandLine: true,
  async run(io, input) {
    const text = await commandText(input, 'explain')
    const shell = shellOf(input)
    const explanation = await explainCommand(text, { shell, judge: await judging(io, shell) })
    // The name of a tool alone also asks for the tool, as with `karo ask`; --json stays the explanation of a line.
    const known = io.json ? undefined : await knownTool(io, text)
    if (known !== undefined) {
      // Of a name that alone does no harm, the explanation says nothing that what is known of the tool does not say.
      const itself = explanation.risk_level === 'safe' ? '' : `${printExplanation(explanation, io)}\n`
      io.out(`${itself}${printKnown(known, io)}`)
      return
    }
    return show(io, explanation, printExplanation)
  },
})

export const commands = [command]
