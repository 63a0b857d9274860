// What a rule is, and the small vocabulary rules are written in.

import type { RiskLevel } from '../../../base/words/risk-levels.ts'
import { couldMatch, isGlob } from '../line/glob.ts'
import type { Options } from '../line/options.ts'
import { emptyReading, type Place, placeOf, resolvePath } from '../line/paths.ts'
import { type Arg, type LineFact, type Scope, type SimpleCommand, SOMETHING, UNKNOWN } from '../model.ts'
import { mayBeSystem } from '../writes/own-files.ts'

/** What made a rule apply: the words to point at, or the whole command. */
export type Hit = readonly Arg[] | boolean | undefined

/** A safer command: as it is, with other words for those pointed at, with words added, or made from the command. */
type Safer =
  | string
  | { readonly instead: string }
  | { readonly append: string }
  | { readonly rewrite: (raw: string) => string }
  | ((command: SimpleCommand, options: Options) => string | undefined)

export interface Rule {
  /** Stable; shown to people and used to allow a finding. */
  readonly id: string
  readonly level: RiskLevel
  /** One sentence: what may happen. */
  readonly why: string
  /** Command names it looks at; `*` = every command, bare redirections and assignments included. */
  readonly tools: readonly string[]
  readonly when: (command: SimpleCommand, options: Options) => Hit
  readonly safer?: Safer
  /** Catastrophic core: nobody's allow list lowers it. */
  readonly core?: true
  /** Tests run these: the first list must trigger the rule, the second must not. */
  readonly examples: { readonly risky: readonly string[]; readonly harmless: readonly string[] }
}

/** A rule about the line itself rather than one command in it. */
export interface LineRule extends Omit<Rule, 'tools' | 'when' | 'id'> {
  readonly id: LineFact
}

export function tools(names: string): readonly string[] {
  return names.split(/\s+/)
}

/** Words that are, or as patterns could be, in one of the places. */
export function inPlace(command: SimpleCommand, args: readonly Arg[], ...places: readonly Place[]): Arg[] {
  return args.filter((arg) => places.includes(knownPlace(arg, command.scope)))
}

/** Many rules ask about the same word; a word judged for one directory keeps its answer. */
const PLACES = new WeakMap<Arg, { readonly cwd: string; readonly home: string; readonly place: Place }>()

function knownPlace(arg: Arg, { cwd, home, karoHome }: Scope): Place {
  const before = PLACES.get(arg)
  if (before?.cwd === cwd && before.home === home) return before.place
  const place = placeOf(arg.text, { cwd, home, ...(karoHome !== undefined && { karoHome }) })
  PLACES.set(arg, { cwd, home, place })
  return place
}

/** Words that end up in one of the places if their unknown parts are empty: `"$DIR"/` without DIR. */
export function inPlaceIfEmpty(
  command: SimpleCommand,
  args: readonly Arg[],
  ...places: readonly Place[]
): Arg[] {
  const { home, karoHome } = command.scope
  const cwd = emptyReading(command.scope.cwd) || home
  const scope = { home, cwd, ...(karoHome !== undefined && { karoHome }) }
  return args.filter((arg) => {
    if (!arg.text.includes(UNKNOWN) && !command.scope.cwd.includes(UNKNOWN)) return false
    const text = emptyReading(arg.text)
    return text !== '' && places.includes(placeOf(text, scope))
  })
}

/** Whether nothing of the word is known. */
export function isOpaque(arg: Arg): boolean {
  return (
    arg.text !== '' &&
    arg.text
      .replaceAll(UNKNOWN, '')
      .replaceAll(SOMETHING, '')
      .replace(/^[./]+|\/+$/g, '') === ''
  )
}

export function matching(args: readonly Arg[], pattern: RegExp): Arg[] {
  return args.filter((arg) => pattern.test(arg.text))
}

/** Files by which a pattern such as `/etc/pass*` is judged: those that every machine has. */
const SAMPLES = tools(
  `/etc/passwd /etc/shadow /etc/group /etc/gshadow /etc/sudoers /etc/fstab /etc/crypttab /etc/crontab /etc/anacrontab
  /etc/ld.so.preload`,
).map((path) => path.split('/'))

/** Words that name a file the pattern is about, as they stand or from the directory they are used in. */
export function naming({ scope }: SimpleCommand, args: readonly Arg[], pattern: RegExp): Arg[] {
  return args.filter(({ text }) => {
    if (pattern.test(text)) return true
    // What it is called elsewhere can only matter for a path that is not plain, or from a directory of the system.
    if (!/\/[./]|\.\.|[*?[]/.test(text) && (text[0] === '/' || !mayBeSystem(scope.cwd))) return false
    const path = resolvePath(text, scope)
    if (path !== text && pattern.test(path)) return true
    if (!isGlob(path)) return false
    const components = path.split('/')
    return SAMPLES.some(
      (sample) =>
        sample.length === components.length &&
        sample.every((name, i) => couldMatch(components[i] as string, name)) &&
        pattern.test(sample.join('/')),
    )
  })
}

/** The first operands, as words: `['push', 'origin']`. */
export function verb(options: Options, at = 0): string {
  return options.operands[at]?.text ?? ''
}

/** Truthy only if the guard holds. */
export function only(guard: unknown, hit: Hit): Hit {
  return guard ? hit : undefined
}
