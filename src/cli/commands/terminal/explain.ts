// karo explain: shows what each part of a command line does, from which source, and what is risky. Needs no daemon, no init.

import { explainCommand } from '../../../assist/copilot/index.ts'
import { EXIT } from '../../../base/errors.ts'
import { type Command, defineCommand, show } from '../../command.ts'
import { commandText, shellOf, shellOption } from '../../input/command-text.ts'
import { judging } from '../../judging.ts'
import { knownTool } from '../../known-tool.ts'
import { printExplanation } from '../../views/explain.ts'
import { printKnown } from '../../views/knowledge.ts'

const command = defineCommand({
  name: 'explain',
  summary: 'show what each part of a command does',
  args: [
    {
      name: 'command',
      required: true,
      variadic: true,
      oneThing: true,
      description: 'the command, quoted or as you would type it; - reads it from standard input',
    },
  ],
  options: [shellOption],
  examples: [
    { run: "karo explain 'tar -xzf backup.tgz -C /tmp'", does: 'shows what each word means' },
    { run: 'karo explain tar', does: 'what is known of the tool: its options, and examples' },
    { run: "karo explain --json 'ls | wc -l'", does: 'the parts with their places, as JSON' },
    { run: 'karo explain - < script.sh', does: 'explains a script' },
  ],
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
      return EXIT.done
    }
    return show(io, explanation, printExplanation)
  },
})

export const commands: readonly Command[] = [command]
