// karo fleet: settings of every machine, signed with the root key, and which machines follow them.
import { getFleet } from '../../../api/contract/operations/fleet.ts'
import { getPolicy, takeBundle } from '../../../api/contract/operations/policy.ts'
import { postQuery } from '../../../api/contract/operations/query.ts'
import { checkedEntries } from '../../../assist/copilot/knowledge.ts'
import { checkFleetRules } from '../../../assist/guard/index.ts'
import { readText } from '../../../assist/guard/read-rules.ts'
import { KaroError } from '../../../base/errors.ts'
import { orElse } from '../../../base/run/or-else.ts'
import { FLEET_KEYS } from '../../../config/fleet.ts'
import { checkedSetting } from '../../../config/fleet-settings.ts'
import { KEY_LIST } from '../../../config/table.ts'
import { type CommandIo, defineCommand, show } from '../../command.ts'
import { changedView, type FleetState, fleetView, machineOf } from '../../fleet/settings-view.ts'
import { type openedRoot, ROOT_OPTIONS } from '../../input/root-key.ts'
import { absolutePath } from '../../place.ts'
import { usage } from '../../usage.ts'

const NAMES = Object.keys(FLEET_KEYS)

interface Setting {
  readonly key: string
  readonly value: unknown
}

/** `guard.profile=strict`, with the value as a variable of the environment has it, or as JSON. */
function settingIn(text: string): Setting {
  const at = text.indexOf('=')
  const [key, said] = at < 0 ? [text, ''] : [text.slice(0, at).trim(), text.slice(at + 1).trim()]
  const known = KEY_LIST.find(({ path }) => path === key)
  if (said === '' && known !== undefined) {
    throw usage(
      `there is no value behind ${key}`,
      'karo fleet set',
      `Write ${key}=<value>. To set it no longer: karo fleet unset ${key}`,
    )
  }
  if (FLEET_KEYS[key]?.text !== undefined) {
    const file = absolutePath(said, 'karo fleet set')
    const value = readText(file)
    if (value === undefined) throw new KaroError('not_found', 'there is no such file', { where: file })
    if (key === 'ask.knowledge') checkedEntries(value, file)
    else checkFleetRules({ [key]: value }, file)
    return { key, value: checkedSetting(key, value) }
  }
  const value = said.startsWith('[') ? orElse(() => JSON.parse(said), said) : known?.kind.fromText?.(said)
  return { key, value: checkedSetting(key, value) }
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
    return signed(io, args.setting.map(settingIn), options)
  },
})

const unset = defineCommand('fleet unset', {
  summary: 'sign the policy bundle without these settings: each machine has its own again',
  shows: takeBundle,
  args: {
    key: { variadic: true, description: 'as in karo fleet show', completes: NAMES },
  },
  options: ROOT_OPTIONS,
  examples: { 'karo fleet unset guard.profile': 'with karo-root.key of this directory' },
  async run(io, { args, options }) {
    const wanted = args.key.map((key) => ({ key, value: undefined }))
    return signed(io, wanted, options)
  },
})

async function signed(
  io: CommandIo,
  wanted: readonly Setting[],
  options: Parameters<typeof openedRoot>[1],
): Promise<undefined> {
  const { signSettings } = await import('../../policy/bundle.ts')
  const { organisation, before } = await signSettings(io, wanted, options)
  return show(io, { organisation }, (answer, screen) => changedView(answer.organisation, before, screen))
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
  const { data } = await io.call(postQuery, { body, deadlineMs: DEADLINE_MS })
  const nodes = data !== null && 'nodes' in data ? data.nodes : []
  // The fingerprint of a key is the beginning of its hash, which names the mesh.
  const signed_by = mesh?.slice(0, 16) ?? null
  return { organisation, signed_by, machines: nodes.map((node) => machineOf(node, organisation.number)) }
}

export const commands = [set, unset, showFleet]
