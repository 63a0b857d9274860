// Rules of one's own: shown by number, added and taken out of the rules file.
import { mkdirSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { type NewRule, withoutRule, withRule } from '../../assist/guard/edit.ts'
import { filesRule } from '../../assist/guard/guard.ts'
import { type Guard, type GuardRule, loadGuard } from '../../assist/guard/index.ts'
import { readText } from '../../assist/guard/read-rules.ts'
import { parseRules } from '../../assist/guard/rules-file.ts'
import { hasNote, seal } from '../../assist/guard/seal.ts'
import { isCore, RULE_IDS } from '../../assist/risk/rule-ids.ts'
import { systemRandom } from '../../base/clock.ts'
import { closest } from '../../base/suggest.ts'
import { fleetRules } from '../../config/paths.ts'
import {
  type CommandInput,
  type CommandIo,
  KaroError,
  localTime,
  parseDuration,
  printable,
  printJson,
  rfc3339,
  sayWarnings,
  show,
  table,
  usage,
} from '../kit.ts'
import { replaceSettings, writing } from '../writing.ts'

/** Shape of a rule in `karo guard --json` and its subcommands. */
export const shapeOf = (rule: GuardRule, number: number | null) => ({
  number,
  kind: rule.kind,
  whose: rule.whose,
  where: rule.where,
  rule: rule.rule ?? null,
  command: rule.command ?? null,
  line: rule.line ?? null,
  session: rule.session ?? null,
  cwd: rule.cwd ?? null,
  until: rule.until === undefined ? null : rfc3339(rule.until, 'until'),
  why: rule.why ?? null,
  safer: rule.safer ?? null,
})

/** Own rules have numbers, in the order of the file. */
export function numbered(guard: Guard): readonly ReturnType<typeof shapeOf>[] {
  let number = 0
  return guard.rules.map((rule) => shapeOf(rule, rule.whose === 'own' ? ++number : null))
}

export function listRules(io: CommandIo): undefined {
  const guard = loadGuard(io)
  const rules = numbered(guard)
  sayWarnings(io, guard.warnings)
  if (io.json) return printJson(io, { rules })
  const unread = guard.files.filter((file) => file.unread).map(({ path }) => `Not read: ${printable(path)}\n`)
  const none = `No rules. karo guard allow and deny write them to ${ownFile(guard)}.\n`
  io.out(
    table(
      io,
      rules,
      {
        '#': { value: 'number', align: 'right' },
        rule: ({ kind, rule }) => [kind, rule].filter(Boolean).join(' '),
        command: {
          value: ({ command, line }) => (line === null ? (command ?? '*') : `exactly: ${line}`),
          wrap: true,
        },
        where: { value: ({ cwd }) => cwd ?? 'everywhere', shrink: true },
        until: ({ until, session }) =>
          session !== null ? 'that shell ends' : until === null ? '' : localTime(until),
        // The fleet's rules count as the machine's, and stand in a file beside those.
        whose: ({ whose, where }) => (where.startsWith(fleetRules(where)) ? 'fleet' : whose),
        why: { value: ({ why }) => why ?? '', wrap: true },
      },
      unread.join('') || none,
    ),
  )
}

export function allowRule(io: CommandIo, { args, options }: CommandInput): undefined {
  const rule = args.rule as string
  if (filesRule([{ rule }]) !== undefined) {
    const files = new Set(
      loadGuard(io)
        .rules.filter(({ whose, kind }) => `${whose}-${kind}` === rule)
        .map(({ where }) => where.replace(/:\d+$/, '')),
    )
    throw new KaroError('refused', `no exception allows ${rule} of a rules file`, {
      where: [...files].join(', ') || 'karo guard allow',
      hint: "karo guard list says whose it is: yours (karo guard remove), root's, or the fleet's (karo fleet show).",
    })
  }
  if (!RULE_IDS.has(rule)) {
    const meant = closest(rule, [...RULE_IDS])
    throw usage(
      `there is no rule '${rule}'`,
      'karo guard allow',
      meant ? `Did you mean ${meant}?` : "karo check '<command>' names the rules of a command.",
    )
  }
  if (isCore(rule))
    throw new KaroError('refused', `${rule} belongs to the catastrophic core, and no rule can allow it`, {
      where: 'karo guard allow',
    })
  return add(io, {
    kind: 'allow',
    rule,
    ...texts(options, 'command'),
    ...placeIn(options),
    ...(typeof options.for === 'string' && { until: Date.now() + parseDuration(options.for, '--for') }),
  })
}

export function denyCommand(io: CommandIo, { args, options }: CommandInput): undefined {
  const command = args.command as string
  if (command.trim() === '')
    throw usage(
      'the command is empty',
      'karo guard deny',
      'Give the words of one command, with * for any text: "kubectl delete*".',
    )
  if (/^[*\s]+$/.test(command))
    throw usage(
      `'${command}' matches every command, so no shell could run anything`,
      'karo guard deny',
      'Begin with the name of a tool: "kubectl *".',
    )
  return add(io, { kind: 'deny', command, ...placeIn(options), ...texts(options, 'why', 'safer') })
}

export function removeRule(io: CommandIo, { args }: CommandInput): undefined {
  const number = Number(args.number)
  if (!Number.isInteger(number) || number < 1)
    throw usage(
      `'${args.number}' is not the number of a rule`,
      'karo guard remove',
      'karo guard list shows the numbers.',
    )
  const guard = loadGuard(io)
  const gone = numbered(guard).find((rule) => rule.number === number)
  edit(guard, (text, file) => withoutRule(text, number, file))
  const words = gone && [gone.kind, gone.rule, gone.command].filter(Boolean).join(' ')
  return show(
    io,
    { removed: gone ?? null },
    () => `Removed from ${ownFile(guard)}${words ? `: ${printable(words)}` : ''}\n`,
  )
}

function texts<const Name extends string>(
  options: CommandInput['options'],
  ...names: readonly Name[]
): { [name in Name]?: string } {
  const given = names.filter((name) => typeof options[name] === 'string')
  for (const name of given) if (options[name] === '') throw usage('this is empty', `--${name}`)
  return Object.fromEntries(given.map((name) => [name, options[name]])) as { [name in Name]?: string }
}

/** A directory is meant from where one is, as everywhere; what begins like a glob is one. */
function placeIn(options: CommandInput['options']): { readonly cwd?: string } {
  const { cwd } = texts(options, 'cwd')
  return cwd === undefined ? {} : { cwd: /^[/~*]/.test(cwd) ? cwd : resolve(cwd) }
}

function add(io: CommandIo, rule: NewRule): undefined {
  const guard = loadGuard(io)
  const own = guard.rules.filter(({ whose }) => whose === 'own')
  const at = own.findIndex((one) =>
    // About the same, whenever it ends.

    (['kind', 'rule', 'command', 'cwd', 'why', 'safer'] as const).every(
      (field) => one[field] === rule[field],
    ),
  )
  const there = own[at]
  const until = rule.until ?? Number.POSITIVE_INFINITY
  if (there !== undefined && (there.until ?? Number.POSITIVE_INFINITY) >= until)
    return show(io, { added: shapeOf(there, at + 1) }, () => `Already in ${ownFile(guard)}\n`)
  edit(guard, (text, file) =>
    withRule(there === undefined ? text : withoutRule(text, at + 1, file), rule, file),
  )
  const after = numbered(loadGuard(io))
  // Exceptions are listed before prohibitions, so the newest of its kind.
  const added = after.findLast(({ kind, whose }) => kind === rule.kind && whose === 'own')
  return show(
    io,
    { added: added ?? null },
    () =>
      `${there === undefined ? 'Added to' : 'Extended in'} ${ownFile(guard)}\n${rule.kind === 'deny' && !/[*?]/.test(`${rule.command}`) ? `This line alone; '${printable(`${rule.command}`)}*' blocks longer ones.\n` : ''}`,
  )
}

const ownFile = ({ files }: Guard): string => files.find(({ whose }) => whose === 'own')?.path ?? ''

/** Adds an exception and takes out those of shells that are closed. Throws KaroError `bad_config`, `bad_file`, `conflict`. */
export function saveAllowed(guard: Guard, rule: NewRule, isOpen: (session: string) => boolean): void {
  edit(guard, (text, file) => {
    const { rules } = parseRules(text, file, 'own')
    const gone = rules.flatMap(({ session }, i) => (session !== undefined && !isOpen(session) ? [i + 1] : []))
    // From the last on, so that the numbers of the others stay.
    const left = gone.reverse().reduce((rest, number) => withoutRule(rest, number, file), text)
    return withRule(left, rule, file)
  })
}

/** What a command of Karo has changed is sealed with the rest, unless that was changed by something else before. */
export function resealed({ home, loosened }: Guard): void {
  if (loosened.length === 0 && hasNote(home)) seal(home, loadGuard({ home, env: {} }).sets, systemRandom)
}

/** Takes the files as they are now. */
export function trustFiles(io: CommandIo): undefined {
  const { loosened, sets } = loadGuard(io)
  seal(io.home, sets, systemRandom)
  return show(io, { trusted: loosened }, () =>
    loosened.length === 0
      ? "The guard's files are as Karo knew them.\n"
      : `The guard's files count as they are now: ${loosened.join(', ')}.\n`,
  )
}

function edit(guard: Guard, change: (text: string, file: string) => string): void {
  // Which file it is stands in the configuration.
  if (guard.failure !== undefined) throw guard.failure
  const file = ownFile(guard)
  const old = readText(file)
  const before = old ?? ''
  // An error in the file is reported at its present line, not at the line that it would get.
  parseRules(before, file, 'own')
  const text = change(before, file)
  writing(
    file,
    () => {
      mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
      replaceSettings(file, text, 0o600, old)
      resealed(guard)
    },
    'the rules cannot be written',
  )
}
