// Checks the limits in a request (`except`, `not`, `dry run`, a time): a command that ignores one is no answer.
import type { Asked } from './asked.ts'
import { concept, concepts, isAskedFor, NOT, PREVIEW } from './language.ts'
import type { Wording } from './wordings.ts'

/** Parts of a command that exclude something from what it does. */
const NEGATED =
  /(?:^|[\s(])(?:!|-not|-v|-x|-prune|--invert-match|--(?:exclude|ignore|no-)\S*)(?=[\s('"=]|$)|!=|!\(/
const DIR = concept('dir')
const KEEP = concept('keep')
const TIME = concept('time')
/** Words that say whether or when to do something. */
const CONDITIONS = /(?<=\S\s+)(?:when|whenever|if|until|unless|while|after|before)\b/gi
const SCRIPT = /\.(?:sh|bash|zsh|fish|py|pl|rb|js|ts|php|lua)$/i
const RUNS = /^(?:run|start|execute|launch|running|starting)$/

/** For each word such as `without`, the tokens behind it. */
function leftOut(asked: readonly Asked[]): readonly (readonly Asked[])[] {
  return asked.flatMap((token, i) => (token.concept === NOT ? [asked.slice(i + 1)] : []))
}

export interface Choice {
  readonly wording: Wording
  readonly values: ReadonlyMap<string, string>
  /** Indices of `asked` whose values went into the command. */
  readonly used: ReadonlySet<number>
  /** Whether the command changes or ends something, or runs another one. */
  readonly acts: boolean
}

/** Whether the wording has every limit of the request, about the same things. */
export function accountsFor(text: string, asked: readonly Asked[], choice: Choice): boolean {
  const { wording, values, acts } = choice
  const { words, recipe } = wording
  const said = (one: string): boolean => asked.some((token) => token.concept === one)
  if (!isSaid(asked, choice)) return false
  if (recipe.asks !== undefined && isBut(asked) && !isWhole(asked, choice)) return false
  if (said(PREVIEW) && !words.has(PREVIEW)) return false
  if (acts && said(KEEP) && !words.has(KEEP) && !wording.parts.includes(NOT)) return false
  if (recipe.asks !== undefined && !takesAll(asked, choice)) return false
  if (writesOver(recipe.run, values, asked)) return false
  if (acts || recipe.run.includes('{cmd}'))
    for (const [condition] of text.matchAll(CONDITIONS))
      if (!new RegExp(`\\b${condition}\\b`, 'i').test(wording.text)) return false
  return isTimed(asked, choice)
}

/** Whether each excluded thing of the request is also excluded in the wording. */
function isSaid(asked: readonly Asked[], { wording, values, acts }: Choice): boolean {
  const { parts, recipe } = wording
  const spoken = asked.map((token) => token.concept)
  const behind = parts.flatMap((part, i) => (part === NOT ? [parts.slice(i + 1)] : []))
  const isAgainst = asked[0]?.concept === NOT
  return leftOut(asked).every((things, i) => {
    // A command that deletes nothing fulfils `without deleting anything`.
    const first = things[0]?.concept
    if (!acts && recipe.asks === undefined && first !== undefined && FORBIDDEN.has(first))
      return !isAskedFor(first, spoken)
    // `not empty files` is about emptiness; words such as `files` tell nothing.
    const telling = things.filter((thing) => !GENERAL.has(thing.concept ?? ''))
    // `no files` does not say which files.
    if (acts && telling.length === 0) return false
    const about = telling.length > 0 ? telling : things
    // `never restart it` is about the whole action, not about a part of it.
    const whole = isAgainst && i === 0
    return behind.some((own) => {
      if (whole && own.length < parts.length - 1) return false
      if (about[0]?.entity !== undefined) return holds(own, values, about[0])
      // A command that only looks may leave a name for the person to fill in.
      const isOpen = !acts && own.some((part) => part === '{pattern}' && !values.has('pattern'))
      return isOpen || about.some((thing) => own.includes(thing.concept ?? '') || holds(own, values, thing))
    })
  })
}

const GENERAL: ReadonlySet<string> = new Set(
  'file dir line every text only use ones please now git docker'.split(' ').map(concept),
)
const FORBIDDEN: ReadonlySet<string> = new Set('delete kill format overwrite'.split(' ').map(concept))

/** Whether the thing fills one of these slots. */
const holds = (
  parts: readonly string[],
  values: ReadonlyMap<string, string>,
  { entity, raw }: Asked,
): boolean =>
  parts.some((part) => part.startsWith('{') && values.get(part.slice(1, -1)) === (entity?.value ?? raw))

/** Whether every named thing is used: of two named things, destroying one is no answer. */
const takesAll = (asked: readonly Asked[], { used, values }: Choice): boolean =>
  asked.every(
    ({ entity }, i) =>
      entity === undefined ||
      used.has(i) ||
      !WHICH.has(entity.kind) ||
      // `the last line` is one thing.
      (entity.kind === 'number' && entity.value === '1') ||
      [...values.values()].includes(entity.value),
  )
const WHICH: ReadonlySet<string> = new Set([
  'file',
  'path',
  'glob',
  'size',
  'time',
  'clock',
  'percent',
  'number',
  'quoted',
])

/** Whether the request excludes a thing, and not just a way of doing it, as in `without deleting it`. */
const isBut = (asked: readonly Asked[]): boolean =>
  leftOut(asked).some(([first]) => !FORBIDDEN.has(first?.concept ?? ''))

/**
 * Whether the wording covers all that was said: a request to delete logs but one is not for a recipe that deletes every
 * file.
 */
const isWhole = (asked: readonly Asked[], { wording, used }: Choice): boolean =>
  asked.every(
    ({ concept: meant = '', entity }, i) =>
      used.has(i) ||
      entity?.kind === 'here' ||
      (entity === undefined && (wording.words.has(meant) || (GENERAL.has(meant) && meant !== DIR))),
  )

/** Whether a time of day has a slot or is in the wording. A command that acts must cover any other time too. */
const isTimed = (asked: readonly Asked[], { wording, used, acts }: Choice): boolean =>
  asked.every(
    ({ entity }, i) =>
      used.has(i) || (entity?.kind === 'clock' ? wording.words.has(TIME) : entity?.kind !== 'time' || !acts),
  )

/** Whether the command would empty a file that the request wants to run. */
function writesOver(run: string, values: ReadonlyMap<string, string>, asked: readonly Asked[]): boolean {
  if (!run.includes('{cmd}') && !run.includes('{script}')) return false
  return [...run.matchAll(/(?:(?<!>)>|\btee) \{([a-z]+\d?)/g)].some(([, slot = '']) => {
    const value = values.get(slot)
    const token = asked.find(({ entity }) => entity !== undefined && entity.value === value)
    return value !== undefined && (SCRIPT.test(value) || RUNS.test(token?.before ?? ''))
  })
}

/** accountsFor for a command without wording: it must name what is excluded and have an option that excludes. */
export function leavesOut(request: string, command: string): boolean {
  const said = concepts(request)
  const limits = said.flatMap((word, i) => (word === NOT || word === PREVIEW ? [said.slice(i + 1)] : []))
  if (limits.length === 0) return true
  const held = new Set(concepts(command.replace(/[^A-Za-z0-9]+/g, ' ')))
  return (
    !said.includes(PREVIEW) &&
    NEGATED.test(command) &&
    limits.every((things) => things.some((one) => held.has(one)))
  )
}

/** accountsFor for the description of an option. `said` are the concepts of the request, in order. */
export function describesLimits(said: readonly string[], words: ReadonlySet<string>): boolean {
  return said.every(
    (word, i) =>
      (word !== NOT || (words.has(NOT) && said.slice(i + 1).some((one) => words.has(one)))) &&
      (word !== PREVIEW || words.has(PREVIEW) || words.has('dry')),
  )
}
