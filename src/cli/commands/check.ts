// karo check: how risky a command line is, which rules say so, and a safer form. Needs no daemon and no init.
import { EXIT, type ExitCode, KaroError } from '../../base/errors.ts'
import { judge, type Where } from '../../guard/judge.ts'
import { quickGuard } from '../../guard/quick.ts'
import { GUARD_PROFILES, type GuardProfile, type RiskVerdict, SHELLS } from '../../risk/index.ts'
import { printVerdict } from '../check-report.ts'
import type { Command, CommandInput, CommandIo } from '../command.ts'
import { printable } from '../format.ts'
import { placeOf } from '../place.ts'

/** Bytes read from standard input. Longer than any command is judged; beyond, it is no command line. */
const MOST_INPUT = 4 * 1024 * 1024

async function readInput(): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of process.stdin) {
    chunks.push(chunk as Buffer)
    length += (chunk as Buffer).length
    if (length > MOST_INPUT)
      throw new KaroError('too_large', `more than ${MOST_INPUT} bytes on standard input`, {
        where: 'karo check -',
      })
  }
  return Buffer.concat(chunks)
    .toString('utf8')
    .replace(/\r?\n$/, '')
}

async function textOf(input: CommandInput): Promise<string> {
  const words = input.args.command as readonly string[]
  if (words.length > 1) {
    throw new KaroError('bad_request', 'the command must be one argument', {
      where: 'karo check',
      hint: `Quote it: karo check '${words.join(' ').replaceAll("'", "'\\''").slice(0, 200)}'`,
    })
  }
  if (words[0] === undefined)
    throw new KaroError('bad_request', 'no command is given', {
      where: 'karo check',
      hint: "Quote one: karo check 'rm -rf build'; karo check --rules lists the rules.",
    })
  return words[0] === '-' ? await readInput() : words[0]
}

/** Every field always, for scripts; `safer` is null where there is no safer form. */
const shapeOf = ({ safer, ...verdict }: RiskVerdict) => ({ ...verdict, safer: safer ?? null })

/** Every rule, or those with the word. */
async function listRules(io: CommandIo, input: CommandInput): Promise<ExitCode> {
  const [{ ruleList }, { printRules }] = await Promise.all([
    import('../../risk/rule-list.ts'),
    import('../rules-report.ts'),
  ])
  const asked = (input.args.command as readonly string[]).join(' ')
  const rules = ruleList(asked)
  io.out(io.json ? `${JSON.stringify({ rules })}\n` : printRules(rules, io, asked))
  return EXIT.done
}

const command: Command = {
  name: 'check',
  summary: 'how risky a command is, why, and a safer form; exits 4 unless it is allowed',
  args: [
    {
      name: 'command',
      required: false,
      variadic: true,
      description: 'the command as one quoted argument; - reads it from standard input',
    },
  ],
  options: [
    {
      name: 'shell',
      value: 'shell',
      description: 'the shell that would run it',
      choices: SHELLS,
      default: 'bash',
    },
    {
      name: 'profile',
      value: 'profile',
      description:
        'what is blocked and what needs a confirmation; default is guard.profile of the configuration',
      choices: GUARD_PROFILES,
    },
    {
      name: 'rules',
      description: 'list the built-in rules instead; with a word, those it occurs in',
    },
  ],
  examples: [
    { run: "karo check 'rm -rf ~/'", does: 'says why this is blocked, and exits 4' },
    { run: "karo check --json 'git push --force'", does: 'the verdict as JSON, with a safer form' },
    { run: 'karo check - < script.sh', does: 'judges a whole script' },
    { run: 'karo check --rules git', does: 'the rules about git, with the ids that exceptions name' },
  ],
  async run(io, input) {
    if (input.options.rules === true) return listRules(io, input)
    const text = await textOf(input)
    const found = await quickGuard({ home: io.home, env: io.env })
    // What is written wrong somebody can mend; what cannot be read at all makes it strict, as in the shells.
    if (found.failure !== undefined && /:\d+$|^KARO_/.test(found.failure.where ?? '')) throw found.failure
    for (const warning of found.warnings) io.err(`warning: ${printable(warning)}\n`)
    const { profile = found.profile } = input.options as { readonly profile?: GuardProfile }
    const verdict = judge({ ...found, profile }, text, {
      shell: input.options.shell as NonNullable<Where['shell']>,
      ...placeOf(io),
    })
    io.out(io.json ? `${JSON.stringify(shapeOf(verdict))}\n` : printVerdict(verdict, io))
    return verdict.decision === 'allow' ? EXIT.done : EXIT.refused
  },
}

export const check: readonly Command[] = [command]
