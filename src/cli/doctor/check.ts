// A check of `karo doctor` as a row: what has to be true and why, where it looks, its judgement, and what mends it.
import type { DaemonFacts, NamedNode } from '../../api/contract/shapes.ts'
import type { Config } from '../../config/table.ts'
import type { World } from './world.ts'

export type Outcome = 'skipped' | 'ok' | 'warn' | 'fail'

/** Something `--fix` may do: to files of the node only, and of the person who runs it. */
export interface SafeFix {
  /** One clause in the infinitive, to follow "would" or to be said as done. */
  readonly says: string
  /** Throws the system's error. Doing it twice does no harm. */
  readonly apply: () => void
}

export interface Finding {
  readonly outcome: Outcome
  /** One sentence for a person, without a full stop; never level 0, never a secret. */
  readonly detail: string
  /** What to do, where the finding knows it better than the row; several lines are several commands. */
  readonly fix?: string | undefined
  readonly safe?: SafeFix | undefined
}
type Found = Finding | undefined | readonly Finding[]

/** What the daemon says of its own check of that name, where it fails. */
export const troubleOf = (facts: DaemonFacts | undefined, check: string): string | undefined =>
  facts?.checks.find(({ name, ok }) => name === check && !ok)?.detail

/** A node that was refused before it told its name has none. */
export const who = ({ name, fingerprint }: Pick<NamedNode, 'name' | 'fingerprint'>): string =>
  name ? `${name} (${fingerprint})` : fingerprint
export const ok = (detail: string): Finding => ({ outcome: 'ok', detail })
export const skipped = (detail: string): Finding => ({ outcome: 'skipped', detail })
const found =
  (outcome: 'warn' | 'fail') =>
  (detail: string, fix?: string, safe?: SafeFix): Finding => ({ outcome, detail, fix, safe })
export const warn = found('warn')
export const fail = found('fail')
export const onlyRoot = (path: string): Finding => skipped(`only root may read ${path}: sudo karo doctor`)

/** Ends a judgement: what it needs is not known, and another check says why. */
export class Unknown extends Error {}

/** The configuration, for a check that needs it; config.file tells if it cannot be used. */
export function configOf(world: World): Config {
  const config = world.config()
  if ('loaded' in config) return config.loaded.config
  throw new Unknown('the configuration cannot be used, see config.file')
}

/** Why a check of addresses or rules is skipped. */
export const ELSEWHERE = 'the daemon is in another network namespace than this command'

interface Words {
  /** Name of the check in a line of output. */
  readonly title: string
  /** What has to be true. */
  readonly what: string
  /** What goes wrong if it is not true. */
  readonly why: string
  /** The worst outcome; `fail` makes the command exit with 1. */
  readonly severity: 'fail' | 'warn'
  /** What to do, with the command. `<…>` stands for a value that the finding names. */
  readonly fix: string
  /** What `--fix` does; absent if only a person may fix it. */
  readonly safeFix?: string
}
interface OfFiles extends Words {
  readonly looksAt?: undefined
  /** Findings that are no better than a warning may be followed by what is said where there are none. */
  look(world: World): Found | Promise<Found>
}
interface OfDaemon extends Words {
  /** `admin`: at what a running daemon tells administrators alone, so that for others it would seem to pass. */
  readonly looksAt: 'daemon' | 'admin'
  /** Is not called where no daemon answers. */
  look(facts: DaemonFacts, world: World): Found | Promise<Found>
}
export type Check = OfFiles | OfDaemon
export type Checks = Readonly<Record<string, Check>>
