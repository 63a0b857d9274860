// How the page writes names, times, numbers and shares. Foreign text cannot act or hide: it is text, escaped and isolated.
import { ago, formatFingerprint, percent as inPercent, printable } from '../../api/contract/client/page.ts'
import { now } from '../state/live.ts'

const NUMBER = new Intl.NumberFormat('en')
const MOMENT = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })
const CLOCK = new Intl.DateTimeFormat(undefined, { timeStyle: 'short' })
const DAY_PARTS = { weekday: 'short', day: 'numeric', month: 'short' } as const
const DAY = new Intl.DateTimeFormat(undefined, DAY_PARTS)
const UTC_DAY = new Intl.DateTimeFormat(undefined, { ...DAY_PARTS, timeZone: 'UTC' })
const DAY_OF_YEAR = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' })

/** `–` for a number that is not known or not told. */
export const number = (value: number | null | undefined): string =>
  value === null || value === undefined ? '–' : NUMBER.format(value)

export const percent = (value: number | null | undefined): string =>
  value === null || value === undefined ? '–' : inPercent(value)

/** `+12 %`, `−3 %`, `as before`, or `–` where nothing is known to compare with. */
export function change(value: number | null | undefined): string {
  if (value === null || value === undefined) return '–'
  if (Math.abs(value) < 0.005) return 'as before'
  return `${value > 0 ? '+' : '−'}${inPercent(Math.abs(value))}`
}

/** `12% more than before`, for a note below a number. */
export function compared(value: number | null | undefined): string {
  if (value === null || value === undefined) return 'no earlier period to compare with'
  if (Math.abs(value) < 0.005) return 'as many as before'
  return `${inPercent(Math.abs(value))} ${value > 0 ? 'more' : 'fewer'} than before`
}

/** `The first 10 of 23 tools.` where a list is cut; undefined where all of it is shown. */
export const cut = (most: number, of: number, several: string): string | undefined =>
  of > most ? `The first ${number(most)} of ${number(of)} ${several}.` : undefined

/** `1 machine`, `3 machines`. */
export const counted = (count: number, one: string, several = `${one}s`): string =>
  `${number(count)} ${count === 1 ? one : several}`

/** A word of the API as people write it: `tool_usage` is `tool usage`. */
export const plain = (word: string): string => word.replaceAll('_', ' ')

/** Text that somebody else chose. Directions inside of it do not reach what stands around it. */
export const Foreign = ({ text }: { readonly text: string }) => <bdi class="foreign">{printable(text)}</bdi>

/** A command line, as text. */
export const Code = ({ text }: { readonly text: string }) => (
  <code>
    <bdi>{printable(text)}</bdi>
  </code>
)

interface Named {
  readonly name: string
  readonly fingerprint: string
}

/** The name of a node, or its fingerprint where it has none; the fingerprint is shown on hover. */
export const NodeName = ({ node }: { readonly node: Named }) => (
  <span title={`fingerprint ${formatFingerprint(node.fingerprint)}`}>
    {node.name === '' ? <code>{formatFingerprint(node.fingerprint)}</code> : <Foreign text={node.name} />}
  </span>
)

/** Names of nodes, with commas. */
export const NodeNames = ({ nodes }: { readonly nodes: readonly (Named & { readonly node_id: string })[] }) =>
  nodes.map((node, i) => (
    <span key={node.node_id}>
      {i > 0 && ', '}
      <NodeName node={node} />
    </span>
  ))

/** What a result says about itself. */
export const Notes = ({ notes }: { readonly notes: readonly string[] }) => (
  <>
    {notes.map((note) => (
      <p class="note" key={note}>
        <Foreign text={note} />
      </p>
    ))}
  </>
)

interface TimeProps {
  /** RFC 3339; null for never. */
  readonly at: string | null | undefined
  readonly as?: 'moment' | 'clock' | 'ago' | 'day' | 'utc-day'
}

/** In the person's own time zone, except for `utc-day`, a day of the mesh; in UTC on hover. */
export function Time({ at, as = 'moment' }: TimeProps) {
  if (at === null || at === undefined) return <span class="quiet">never</span>
  const date = new Date(at)
  const isThisYear = date.getFullYear() === new Date().getFullYear()
  const text =
    as === 'ago'
      ? ago(Math.max(0, now.value - date.getTime()))
      : { moment: MOMENT, clock: CLOCK, day: isThisYear ? DAY : DAY_OF_YEAR, 'utc-day': UTC_DAY }[as].format(
          date,
        )
  return (
    <time dateTime={at} title={`${date.toISOString().replace('T', ' ').slice(0, 19)} UTC`}>
      {text}
    </time>
  )
}

const MARKS = { safe: '✓', moderate: '!', high: '‼', critical: '⛔' } as const

/** A level of risk: by its word and a mark, not by its colour alone. */
export const Risk = ({ level }: { readonly level: keyof typeof MARKS }) => (
  <span class={`risk risk-${level}`}>
    <span aria-hidden="true">{MARKS[level]}</span> {level}
  </span>
)

/** A state in one word, with a dot of the colour of what it means. */
export const State = ({
  tone,
  children,
}: {
  readonly tone: 'good' | 'warn' | 'bad' | 'quiet'
  readonly children: string
}) => (
  <span class={`state state-${tone}`}>
    <span class="dot" aria-hidden="true" />
    {children}
  </span>
)
