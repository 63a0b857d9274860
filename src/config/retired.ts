// Keys, sections and values that earlier builds knew: a file may still have them, and a warning says what to do now.
import { isTable } from './kinds.ts'
import type { Path } from './locate.ts'
import { KEY_LIST } from './table.ts'

interface Retired {
  /** As in the file; `*` stands for any one name. */
  readonly path: string
  /** Only this value is retired; absent: the key or section itself. */
  readonly value?: string
  /** A sentence: what does the same now, or why nothing has to. */
  readonly instead: string
}

/** A key that this version knows is none of them, whatever stands here. */
const RETIRED: readonly Retired[] = [
  { path: 'privacy', instead: 'How totals are released is said by the signed policy of the mesh.' },
  { path: 'discovery.subnet', instead: 'discovery.scan = ["10.0.0.0/24"] looks through subnets.' },
  { path: 'sharing.deny.untrusted', instead: 'Untrusted nodes never get anything.' },
  {
    path: 'peers.trusted.*.introducer',
    instead: 'A machine that lets others in is an issuer of certificates: karo ca init.',
  },
  {
    path: 'agents.sandbox',
    value: 'systemd',
    instead: 'The default, "auto", takes bubblewrap or Landlock.',
  },
  ...['schedule', 'last_days', 'formats', 'keep', 'teams'].map((name) => ({
    path: `reports.${name}`,
    instead: 'karo-report.timer, or cron, writes reports with karo report --out.',
  })),
]

/** What was found in a file, and is ignored. */
export interface Found {
  readonly path: Path
  readonly instead: string
  /** The value as it stood there, where only that is retired. */
  readonly value?: string
}

/** The document without what is retired, each piece of which is added to `found`. */
export function withoutRetired(
  document: Readonly<Record<string, unknown>>,
  found: Found[],
  at: readonly string[] = [],
): Record<string, unknown> {
  const kept: [string, unknown][] = []
  for (const [name, value] of Object.entries(document)) {
    const path = [...at, name]
    const retired = RETIRED.find((one) => isOf(one, path, value))
    if (retired !== undefined) found.push({ ...retired, path })
    else if (!isTable(value)) kept.push([name, value])
    else {
      const inner = withoutRetired(value, found, path)
      // A section that had only such keys says nothing once they are gone.
      if (Object.keys(inner).length > 0 || isKnown(path) || !holdsRetired(path)) kept.push([name, inner])
    }
  }
  return Object.fromEntries(kept)
}

function isOf({ path, value: only }: Retired, at: readonly string[], value: unknown): boolean {
  if (only !== undefined && only !== value) return false
  if (only === undefined && isKnown(at)) return false
  const parts = path.split('.')
  return parts.length === at.length && parts.every((part, i) => part === '*' || part === at[i])
}

const holdsRetired = (at: readonly string[]): boolean =>
  RETIRED.some(({ path }) => path.startsWith(`${at.join('.')}.`))

/** A key of this version, or a section with such keys. */
function isKnown(at: readonly string[]): boolean {
  const path = at.join('.')
  return KEY_LIST.some((key) => key.path === path || key.path.startsWith(`${path}.`))
}

/** `[privacy]` or `agents.sandbox = "systemd"`, and what to do, in one or two sentences. */
export function retiredWords({ path, value, instead }: Found): string {
  const name = path.join('.')
  const what = path.length === 1 ? `[${name}]` : value === undefined ? name : `${name} = "${value}"`
  return `${what} is of an earlier version and has no effect any more. ${instead}`
}
