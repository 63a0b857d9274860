// The settings of the fleet: what a new edition changed, and who follows which one.
import type { PolicyShape, QueryDataOf } from '../../api/contract/shapes.ts'
import { formatFingerprint, localTime, printable } from '../../base/format.ts'
import { valueText } from '../../config/sample.ts'
import { type Screen, table } from '../terminal/table.ts'
import { cut, fitted } from '../terminal/text.ts'

type Bundle = NonNullable<PolicyShape['organisation']>

/** A machine of the mesh, as it says itself. */
interface FleetMachine {
  readonly name: string
  readonly fingerprint: string
  /** Of the bundle in force there; null: it does not say. */
  readonly edition: number | null
  readonly refused: readonly string[]
  readonly problem: string | null
  readonly state: 'follows' | 'refuses' | 'older' | 'silent' | 'away'
}

export interface FleetState {
  readonly organisation: Bundle | null
  /** Fingerprint of the root that signed it; null: this machine belongs to no mesh with a root. */
  readonly signed_by: string | null
  readonly machines: readonly FleetMachine[]
}

/** What a machine said of itself when it was asked. */
export function machineOf(
  { name, fingerprint, online, settings }: QueryDataOf<'NodeHealth'>['nodes'][number],
  newest: number,
): FleetMachine {
  const { edition = null, refused = [], problem = null } = settings ?? {}
  const state = !online
    ? 'away'
    : edition === null
      ? 'silent'
      : edition < newest || problem !== null
        ? 'older'
        : refused.length > 0
          ? 'refuses'
          : 'follows'
  return { name, fingerprint, edition, refused: [...refused], problem, state }
}

const SAYS: Readonly<Record<FleetMachine['state'], (machine: FleetMachine) => string>> = {
  follows: () => 'follows',
  refuses: ({ refused }) => `does not follow ${refused.join(', ')} (policy.follow there)`,
  older: ({ problem }) => problem ?? 'has not got the newest one yet',
  silent: () => 'has no edition yet (an earlier release never has one)',
  away: () => 'did not answer; it gets the newest one when it is back',
}

export function fleetView({ organisation, signed_by, machines }: FleetState, screen: Screen): string {
  const by = signed_by === null ? '' : ` by the root ${formatFingerprint(signed_by)}`
  if (organisation === null)
    return fitted('Nothing is signed for the machines of this mesh yet: karo fleet set\n', screen.columns)
  const { number, signed_at, settings, problem } = organisation
  const head = fitted(`Edition ${number}, signed ${localTime(signed_at)}${by}.\n`, screen.columns)
  const bad = problem === null ? '' : fitted(`Not in force here: ${printable(problem)}\n`, screen.columns)
  const rows = table(screen, settings, {
    SETTING: 'key',
    FLEET: { value: ({ value }) => cut(value, LONG), shrink: true },
    HERE: { value: 'here', shrink: true },
    FROM: {
      value: ({ source, followed }) => (followed ? source : `${source}; policy.follow leaves it out`),
      shrink: true,
    },
  })
  const who = table(screen, machines, {
    MACHINE: { value: 'name', shrink: true },
    FINGERPRINT: ({ fingerprint }) => formatFingerprint(fingerprint),
    EDITION: { value: ({ edition }) => edition ?? '–', align: 'right' },
    SAYS: {
      value: (machine) => SAYS[machine.state](machine),
      style: ({ state }) => (state === 'follows' ? 'green' : 'yellow'),
      wrap: true,
    },
  })
  return `${head}${bad}${settings.length === 0 ? 'It sets nothing.\n' : `\n${rows}`}\n${who}`
}

/** Columns of a value; rules are the text of a file. */
const LONG = 60

/** One line for each setting that is another one than before. */
export function changedView(
  organisation: PolicyShape['organisation'],
  before: Readonly<Record<string, unknown>>,
  screen: Screen,
): string {
  if (organisation === null) return ''
  const { number, settings } = organisation
  const now = new Map(settings.map(({ key, value }) => [key, value]))
  const lines = [...new Set([...Object.keys(before), ...now.keys()])].sort().flatMap((key) => {
    const [old, next] = [before[key] === undefined ? undefined : valueText(before[key]), now.get(key)]
    if (old === next) return []
    return [
      `${key}: ${next === undefined ? 'not set any more' : cut(next, LONG)}${old === undefined ? '' : ` (was ${cut(old, LONG)})`}`,
    ]
  })
  return fitted(
    `${lines.map(printable).join('\n')}\nSigned edition ${number}. Connected machines follow it within seconds: karo fleet show\n`,
    screen.columns,
  )
}
