// Views of what `karo doctor` does besides its checks: a look into a database or its repair, and one line for each attempt to get out of a jail.
import { atHome, type Place } from '../at-home.ts'
import { aboutCopy, type Report, restoreCommand } from '../doctor/repair.ts'
import type { Chosen, SandboxRow } from '../doctor/sandbox.ts'
import { bytes, fitted, printable, type Screen, table } from '../kit.ts'

interface How {
  /** With --dry-run: nothing was changed. */
  readonly dry: boolean
  /** The node is the machine's service. */
  readonly service: boolean
}

/** Ends with a newline. */
export function repairView(report: Report, how: How, screen: Screen & Place): string {
  const { findings, keyspaces, loss } = report
  const found = findings.map(({ where, what }) => `${printable(where)}: ${printable(what)}\n`).join('')
  const rows = table(screen, Object.entries(keyspaces), {
    rows: ([name]) => name,
    kept: ([, counts]) => counts?.kept ?? 0,
    [loss === 'unknown' ? 'known lost' : 'lost']: {
      value: ([, counts]) => counts?.lost ?? 0,
      style: ([, counts]) => ((counts?.lost ?? 0) > 0 ? 'red' : undefined),
    },
    'counted again': ([, counts]) => counts?.rebuilt ?? 0,
  })
  return (
    fitted(`${found}${found === '' ? '' : '\n'}`, screen) +
    rows +
    fitted(`\n${lost(report)}${conclusion(report, how, screen)}\n`, screen)
  )
}

/** How much was lost, if the counts of rows cannot tell it. */
function lost({ loss, unreadable_bytes, row_bytes }: Report): string {
  if (loss !== 'unknown') return ''
  const of = `${bytes(unreadable_bytes)} of the ${bytes(row_bytes)} with rows could not be read.`
  return `${unreadable_bytes === 0 ? '' : `${of}\n`}Lost: unknown${share(unreadable_bytes / Math.max(1, row_bytes))}\n`
}

/** A rough share of what was lost, because bytes say little about rows. */
function share(part: number): string {
  if (part === 0) return '.'
  if (part >= 0.75) return ', probably nearly everything.'
  if (part >= 0.3) return ', probably a large part.'
  return `, probably about ${part < 0.01 ? 'a hundredth' : `${Math.round(part * 100)} %`} of everything.`
}

function conclusion(
  { ok, loss, directory, copy }: Report,
  { dry, service }: How,
  screen: Screen & Place,
): string {
  const restore = atHome(restoreCommand(service), screen)
  if (copy !== undefined) {
    if (loss === 'none') return `Repaired: nothing is lost. ${aboutCopy(copy)}`
    return `The readable part is saved, the rest is lost. A backup may contain more: ${restore}
${aboutCopy(copy)}`
  }
  if (ok) return `${directory} is whole; nothing was changed.`
  if (!dry) return `${directory} is damaged.`
  const backup = loss === 'none' ? '' : `If you have a backup, first check what it contains: ${restore}\n`
  return `${directory} is damaged; nothing was changed.
${backup}To repair it: ${atHome(`${service ? 'sudo ' : ''}karo doctor --repair`, screen)}`
}

const WORDS = { ok: 'holds', fail: 'OPEN' } as const
/** What each row says that is no attempt. */
const OTHERS: Readonly<Record<string, string>> = { start: 'not here', cannot: 'limit' }
const wordOf = ({ id, outcome }: SandboxRow): string =>
  outcome === 'skipped' ? (OTHERS[id.slice(id.lastIndexOf('.') + 1)] ?? 'not tried') : WORDS[outcome]
const STYLES = { ok: 'green', fail: 'red', skipped: 'yellow' } as const

/** Ends with a newline. */
export function sandboxView(
  rows: readonly SandboxRow[],
  { safe, chosen }: { readonly safe: boolean; readonly chosen: Chosen },
  screen: Screen,
): string {
  const body = table(screen, rows, {
    probe: { value: 'id', style: () => 'bold' },
    '': { value: wordOf, style: ({ outcome }) => STYLES[outcome] },
    tried: { value: 'detail', wrap: true },
  })
  const verdict = safe
    ? 'No attempt succeeded: agents can run commands here.'
    : 'No jail works here, so agents cannot run commands.'
  const judged = chosen === 'auto' ? '' : `Only ${chosen} counts, because agents.sandbox chooses it. `
  return `${body}\n${judged}${verdict}\n`
}
