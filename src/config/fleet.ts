// Which keys the signed bundle of a fleet may set, and which of two values is the stricter: a bundle never loosens what a machine has.

import { anyText, type Kind } from './kinds.ts'

interface FleetKey {
  /** What holds where the machine has one value and the bundle the other. */
  readonly merge: (own: unknown, theirs: unknown) => unknown
  /** How, in words. */
  readonly holds: string
  /** What is wrong with a value of the bundle that is right in a file; undefined: nothing. */
  readonly problem?: (theirs: unknown) => string | undefined
  /** The bundle has the text of the file that the key names on a machine. */
  readonly text?: Kind<string>
}

/** The later of the two in this order. */
const laterOf = (...order: readonly unknown[]): FleetKey => ({
  merge: (own, theirs) => (order.indexOf(theirs) > order.indexOf(own) ? theirs : own),
  holds: `the later of ${order.map(String).join(', ')}`,
})

/** What is deleted by a mistyped number nothing brings back. */
const DAYS_LEAST = 30

/** 0 keeps for ever. */
const fewerDays: FleetKey = {
  merge: (own, theirs) => (own === 0 || (theirs as number) < (own as number) ? theirs : own),
  holds: `fewer days; from ${DAYS_LEAST} on`,
  problem: (theirs) =>
    (theirs as number) < DAYS_LEAST ? `a fleet keeps for at least ${DAYS_LEAST} days` : undefined,
}

/** A fleet may only end this way of finding nodes: which ones a network has, each machine knows for itself. */
const switchedOff = (off: unknown): FleetKey => ({
  merge: (_, theirs) => theirs,
  holds: `off, where the fleet says ${JSON.stringify(off)}, which is all that it may say`,
  problem: (theirs) =>
    JSON.stringify(theirs) === JSON.stringify(off)
      ? undefined
      : `a fleet switches this off (${JSON.stringify(off)}), and each machine says the rest for itself`,
})

const both: FleetKey = {
  merge: (own, theirs) => [...new Set([...(own as unknown[]), ...(theirs as unknown[])])],
  holds: 'the patterns of both',
}

/**
 * By path. Not here: what a machine shares, whom it trusts, and how long its ledger is kept, which tells its people who asked
 * about them.
 */
export const FLEET_KEYS: Readonly<Record<string, FleetKey>> = {
  'ask.knowledge': {
    merge: (own) => own,
    holds: "the commands of both files; `karo fleet set` reads the fleet's",
    text: anyText,
  },
  'discovery.dht': switchedOff(false),
  'discovery.mdns': switchedOff(false),
  'discovery.mdns_interval_seconds': {
    merge: (own, theirs) => Math.max(own as number, theirs as number),
    holds: 'the longer time',
  },
  'discovery.scan': switchedOff([]),
  'guard.profile': laterOf('off', 'permissive', 'moderate', 'strict'),
  'guard.on_error': laterOf('allow', 'block'),
  'guard.rules': {
    merge: (own) => own,
    holds:
      "the rules of both files; the fleet's has `[[deny]]` and `[[ask]]` only, and `karo fleet set` reads it",
    text: anyText,
  },
  'history.ignore': both,
  'history.redact': both,
  'processes.keep_days': fewerDays,
  'retention.events_days': fewerDays,
  'retention.rollups_days': fewerDays,
}

/** `mesh` of `mesh.port`. */
export const sectionOf = (path: string): string => path.slice(0, path.indexOf('.'))

/** What `policy.follow` may name. */
export const FOLLOWABLE: readonly string[] = [
  '*',
  ...new Set(Object.keys(FLEET_KEYS).flatMap((path) => [sectionOf(path), path])),
]

/** Whether a machine with this `policy.follow` takes the key over. */
export const follows = (follow: readonly string[], path: string): boolean =>
  ['*', sectionOf(path), path].some((one) => follow.includes(one))
