// View of `karo doctor --sandbox`: one line for each attempt to get out of a jail.
import type { Chosen, SandboxRow } from '../../doctor/sandbox.ts'
import { type Screen, table } from '../../terminal/table.ts'

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
