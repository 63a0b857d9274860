// karo check: shows how risky a command line is, by which rules, and a safer form. Needs no daemon and no init.

import { judge } from '../../../assist/guard/judge.ts'
import { machineOf } from '../../../assist/guard/machine.ts'
import { quickGuard } from '../../../assist/guard/quick.ts'
import { GUARD_PROFILES, type GuardProfile } from '../../../assist/risk/index.ts'
import { commandArgument, commandText, shellOf, shellOption } from '../../input/command-text.ts'
import { type CommandIo, defineCommand, EXIT, placeOf, sayWarnings, show } from '../../kit.ts'
import { printVerdict } from '../../views/check.ts'

/** Lists every rule, or the rules that contain a word. */
async function listRules(io: CommandIo, words: readonly string[]): Promise<undefined> {
  const [{ ruleList }, { printRules }] = await Promise.all([
    import('../../../assist/risk/rule-list.ts'),
    import('../../views/rules.ts'),
  ])
  const asked = words.join(' ')
  const rules = ruleList(asked)
  return show(io, { rules }, () => printRules(rules, io, asked))
}

const command = defineCommand('check', {
  summary: 'show how risky a command is, why, and a safer form; exits with 4 unless it is allowed',
  args: { command: { ...commandArgument, optional: true } },
  options: {
    shell: shellOption,
    profile: {
      value: 'profile',
      description:
        'which commands are blocked or need a confirmation (default: guard.profile of the configuration)',
      choices: GUARD_PROFILES,
    },
    rules: 'list the built-in rules instead; with a word, the rules that contain it',
  },
  examples: {
    "karo check 'rm -rf ~/'": 'shows why this is blocked, and exits with 4',
    'karo check - < script.sh': 'judges a whole script',
    'karo check --rules git': 'the rules about git, with the ids that exceptions name',
  },
  takesCommandLine: true,
  async run(io, input) {
    if (input.options.rules) return listRules(io, input.args.command)
    const text = await commandText(input, 'check', 'karo check --rules lists the rules')
    const found = await quickGuard(io)
    // A mistake in the file is an error, because a person can correct it. An unreadable file makes the guard strict, as in shells.
    if (/:\d+$|^KARO_/.test(found.failure?.where ?? '')) throw found.failure
    sayWarnings(io, found.warnings)
    const { profile = found.profile } = input.options as { readonly profile?: GuardProfile }
    const place = placeOf(io)
    const where = { shell: shellOf(input), ...place, machine: machineOf(place, io.env, found) }
    const guard = { ...found, profile }
    const verdict = judge(guard, text, where)
    const given = judge(guard, text, { ...where, caller: 'tool' })
    show(
      io,
      {
        ...verdict,
        safer: verdict.safer ?? null,
        for_ai_tools: { risk_level: given.risk_level, decision: given.decision },
      },
      () => printVerdict(verdict, io, given),
    )
    return verdict.decision === 'allow' ? EXIT.done : EXIT.refused
  },
})

export const commands = [command]
