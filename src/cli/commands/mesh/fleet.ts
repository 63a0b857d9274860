// karo fleet: settings of every machine, signed with the root key, and which machines follow them.
import { resolve } from 'node:path'
import { getFleet } from '../../../api/contract/operations/fleet.ts'
import { getPolicy, takeBundle } from '../../../api/contract/operations/policy.ts'
import { postQuery } from '../../../api/contract/operations/query.ts'
import type { PolicyShape, QueryDataOf } from '../../../api/contract/shapes.ts'
import { checkedEntries } from '../../../assist/copilot/knowledge.ts'
import { checkFleetRules } from '../../../assist/guard/index.ts'
import { readText } from '../../../assist/guard/read-rules.ts'
import { orElse } from '../../../base/run/or-else.ts'
import { FLEET_KEYS } from '../../../config/fleet.ts'
import { checkedSetting } from '../../../config/fleet-settings.ts'
import { removalText, valueText } from '../../../config/sample.ts'
import { keyOf } from '../../../config/table.ts'
import { type openedRoot, ROOT_OPTIONS } from '../../input/root-key.ts'
import {
  type CommandIo,
  cut,
  defineCommand,
  fitted,
  formatFingerprint,
  KaroError,
  localTime,
  prefixed,
  printable,
  type Screen,
  show,
  table,
  usage,
} from '../../kit.ts'
import type { Wanted } from '../../policy/bundle.ts'
import { lostView, notInForce } from '../../views/policy.ts'
import { UNCHANGED } from '../../writing.ts'

const NAMES = Object.keys(FLEET_KEYS)

/** `guard.profile=strict`, with the value as a variable of the environment has it, or as JSON. */
async function settingIn(text: string): Promise<readonly [string, unknown]> {
  const at = text.indexOf('=')
  const [key, said] = at < 0 ? [text, ''] : [text.slice(0, at).trim(), text.slice(at + 1).trim()]
  const known = keyOf(key)
  if (said === '' && known !== undefined)
    throw usage(
      `there is no value behind ${key}`,
      'karo fleet set',
      `Write ${key}=<value>. To set it no longer: karo fleet unset ${key}`,
    )
  if (FLEET_KEYS[key]?.text !== undefined) {
    const file = resolve(said)
    const value = readText(file)
    if (value === undefined) throw new KaroError('not_found', 'there is no such file', { where: file })
    if (key === 'ask.knowledge') checkedEntries(value, file)
    else checkFleetRules({ [key]: value }, file)
    return [key, checkedSetting(key, value)]
  }
  const value = said.startsWith('[') ? orElse(() => JSON.parse(said), said) : known?.kind.fromText?.(said)
  return [key, checkedSetting(key, value)]
}

const set = defineCommand('fleet set', {
  summary: 'sign settings for every machine with the root key; the rest of the policy bundle stays',
  shows: takeBundle,
  args: {
    setting: {
      variadic: true,
      description: `key=value; commas separate the entries of a list, and the value of ask.knowledge and guard.rules is a file. A fleet sets ${NAMES.join(', ')}`,
      completes: NAMES,
    },
  },
  options: ROOT_OPTIONS,
  examples: {
    'karo fleet set guard.profile=strict --root-key /mnt/usb/karo-root.key':
      'on any certified machine; a machine that is stricter already stays so',
  },
  async run(io, { args, options }) {
    const wanted = await Promise.all(args.setting.map(settingIn)).catch(prefixed('nothing was signed'))
    return signed(io, Object.fromEntries(wanted), options)
  },
})

const unset = defineCommand('fleet unset', {
  summary: 'sign the policy bundle without these settings: each machine has its own again',
  shows: takeBundle,
  args: {
    key: { variadic: true, description: 'as in karo fleet show', choices: NAMES },
  },
  options: ROOT_OPTIONS,
  async run(io, { args, options }) {
    return signed(io, Object.fromEntries(args.key.map((key) => [key, undefined])), options)
  },
})

async function signed(
  io: CommandIo,
  wanted: Wanted,
  options: Parameters<typeof openedRoot>[1],
): Promise<undefined> {
  const { signSettings } = await import('../../policy/bundle.ts')
  const { organisation, before } = await signSettings(io, wanted, options)
  const removals = Object.entries(wanted)
    .map(([key, value]) => removalText(key, value))
    .join('')
  return show(io, { organisation }, (answer, screen) =>
    changedView(answer.organisation, before, removals, screen),
  )
}

const showFleet = defineCommand('fleet show', {
  summary: 'show the settings that are signed for every machine, and which machines follow them',
  json: 'one document: organisation as in karo policy show, and machines, each with edition, refused, problem and state',
  run: async (io) => show(io, await stateOf(io), fleetView),
})

/** What the asking may take: `query.timeout_ms` is at most a minute. */
const DEADLINE_MS = 75_000

async function stateOf(io: CommandIo): Promise<FleetState> {
  const [{ organisation }, { mesh }] = await Promise.all([io.call(getPolicy), io.call(getFleet)])
  if (organisation === null) return { organisation, signed_by: null, machines: [] }
  const now = Date.now()
  const range = { start: new Date(now - 86_400_000).toISOString(), end: new Date(now).toISOString() }
  const body = { query_type: 'NodeHealth' as const, range }
  const { data, coverage } = await io.call(postQuery, { body, deadlineMs: DEADLINE_MS })
  const nodes = data !== null && 'nodes' in data ? data.nodes : []
  const said = new Set(nodes.map(({ fingerprint }) => fingerprint))
  // A machine that may not answer is one of the fleet all the same.
  const others = coverage.nodes.filter(({ fingerprint }) => !said.has(fingerprint))
  const all: readonly Heard[] = [...nodes, ...others]
  return {
    organisation,
    // The fingerprint of a key is the beginning of its hash, which names the mesh.
    signed_by: mesh?.slice(0, 16) ?? null,
    machines: all.map((node) => machineOf(node, organisation.number)),
  }
}

export const commands = [set, unset, showFleet]

type Heard = Pick<QueryDataOf<'NodeHealth'>['nodes'][number], 'name' | 'fingerprint' | 'settings'> & {
  /** Also of one that answered that it tells nothing. */
  readonly online?: boolean
  readonly outcome?: string
}

/** A machine of the mesh, as it says itself. */
interface FleetMachine {
  readonly name: string
  readonly fingerprint: string
  /** Of the bundle in force there; null: it does not say. */
  readonly edition: number | null
  readonly refused: readonly string[]
  readonly problem: string | null
  readonly state: 'follows' | 'refuses' | 'older' | 'silent' | 'away'
  /** As queries name it, of a machine that did not answer. */
  readonly outcome: string | undefined
}

export interface FleetState {
  readonly organisation: PolicyShape['organisation']
  /** Fingerprint of the root that signed it; null: this machine belongs to no mesh with a root. */
  readonly signed_by: string | null
  readonly machines: readonly FleetMachine[]
}

/** What a machine said of itself when it was asked. */
export function machineOf(
  { name, fingerprint, online = true, settings, outcome }: Heard,
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
  return { name, fingerprint, edition, refused: [...refused], problem, state, outcome }
}

const SAYS: Readonly<Record<FleetMachine['state'], (machine: FleetMachine) => string>> = {
  follows: () => 'follows',
  refuses: ({ refused }) => `does not follow ${refused.join(', ')} (policy.follow there)`,
  older: ({ problem }) => problem ?? 'has not got the newest one yet',
  silent: ({ outcome }) => `does not say: ${outcome ?? 'has none yet'}`,
  away: () => 'did not answer; gets the newest one when back',
}

export function fleetView({ organisation, signed_by, machines }: FleetState, screen: Screen): string {
  if (organisation === null) return fitted('Nothing is signed for this mesh yet: karo fleet set\n', screen)
  const { number, signed_at, settings, problem } = organisation
  const head = fitted(
    `Edition ${number}, signed ${localTime(signed_at)} by the root ${formatFingerprint(signed_by ?? '')}.\n`,
    screen,
  )
  const bad = lostView(organisation, screen) + notInForce(problem, screen, 'Not in force here')
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
    EDITION: { value: 'edition', align: 'right' },
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
function changedView(
  organisation: PolicyShape['organisation'],
  before: Readonly<Record<string, unknown>>,
  removals: string,
  screen: Screen,
): string {
  const { number, settings = [] } = organisation ?? {}
  const now = new Map(settings.map(({ key, value }) => [key, value]))
  const lines = [...new Set([...Object.keys(before), ...now.keys()])].sort().flatMap((key) => {
    const [old, next] = [before[key] === undefined ? undefined : valueText(before[key]), now.get(key)]
    if (old === next) return []
    return [
      `${key}: ${next === undefined ? 'not set any more' : cut(next, LONG)}${old === undefined ? '' : ` (was ${cut(old, LONG)})`}`,
    ]
  })
  if (lines.length === 0) return UNCHANGED
  return fitted(
    `${lines.map(printable).join('\n')}\nSigned edition ${number}. Connected machines follow it within seconds: karo fleet show${removals}\n`,
    screen,
  )
}
