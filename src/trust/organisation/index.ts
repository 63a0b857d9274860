// The room of the organisation: takes the policy bundle that the mesh's root signed, and puts it into force beside the owner's policy.
import { PolicyBundle, type PolicyBundleBody } from '../../../protocols/messages/policy.ts'
import { formatNodeId, type NodeId } from '../../../protocols/node-id.ts'
import { createSerial } from '../../base/async/limiter.ts'
import { KaroError } from '../../base/errors.ts'
import type { Ambient } from '../../base/run/ambient.ts'
import { comparable } from '../../base/words/comparable.ts'
import type { FleetSettings, SettingRow } from '../../config/index.ts'
import type { Audit } from '../audit/index.ts'
import { isFuture, statementIn } from '../identity/index.ts'
import type { OrganisationRules, Policy, PolicyEngine, PolicySet } from '../policy/index.ts'

/** As a place in messages and in the names of rules. */
const PLACE = 'organisation.cedar'

/** Who gets totals where the bundle says nothing. */
const AUDIENCES: readonly string[] = ['security', 'admin']

/** Where the bundle that was in force cannot be read any more. */
const unreadable = () =>
  ({
    effect: 'deny',
    rule: 'organisation.unreadable',
    reason: "the organisation's policy bundle that is kept here cannot be read",
  }) as const
const UNREADABLE: PolicyEngine = { kind: 'cedar', judge: unreadable, judgeAgent: unreadable }

interface OrganisationDeps extends Pick<Ambient, 'clock' | 'log'> {
  /** The root that this node trusts; undefined: none. */
  readonly root: () => { readonly key: Uint8Array; readonly mesh: Uint8Array } | undefined
  readonly policy: Pick<Policy, 'organisation'>
  /** Makes policies of texts; KaroError `bad_config` with the place of what is wrong. */
  readonly compile: (path: string, text: string) => Promise<PolicySet>
  /** Reads the settings of a bundle; KaroError `bad_config` for one that is not known here or out of bounds. */
  readonly settingsOf: (rows: readonly SettingRow[]) => FleetSettings['settings']
  /** Others are in force than before: whoever remembers a decision asks again. */
  readonly changed: () => void
  readonly audit: Pick<Audit, 'record'>
}

/** An operator that runs two aggregators could have both halves of every number. */
function checkOperators({ aggregators }: PolicyBundleBody): void {
  const names = aggregators.map(({ operator }) => comparable(operator))
  const twice = aggregators.find((_, at) => names.indexOf(names[at] as string) < at)
  if (twice === undefined) return
  throw new KaroError('bad_config', `two of the nodes that compute totals are run by ${twice.operator}`, {
    where: PLACE,
    hint: 'Each node that computes totals needs an operator of its own: karo policy sign --aggregator <node>=<operator>.',
  })
}

/**
 * When totals of the mesh began may not be moved to a later time, so that every edition that holds somewhere comes to the earliest.
 * That an earlier one makes no second total of the same time, machines and aggregators see to by what was given and told.
 */
function checkBegan({ version, began }: PolicyBundleBody, before: PolicyBundleBody | undefined): void {
  const isMoved =
    before !== undefined &&
    (before.began !== undefined || before.aggregators.length > 0) &&
    (began ?? 0) > (before.began ?? 0)
  if (!isMoved && (began ?? 0) <= version) return
  throw new KaroError('bad_config', 'the policy bundle says that totals began later than they did', {
    where: PLACE,
    hint: 'Sign it where the bundle in force is known: karo policy show there tells its number.',
  })
}

export type Organisation = ReturnType<typeof createOrganisation>

export function createOrganisation(deps: OrganisationDeps) {
  const { root, policy, audit, clock, log } = deps
  const serially = createSerial()
  let sink: (frame: Uint8Array) => Promise<void> = async () => {}
  let follow: (settings: FleetSettings | undefined) => void = () => {}
  let inForce:
    | {
        readonly body: PolicyBundleBody
        readonly policies: number
        readonly text: string
        readonly settings: FleetSettings['settings']
        readonly frame: Uint8Array
        readonly lost: number | null
      }
    | undefined
  let problem: string | null = null

  /** What the root of this mesh signed in it; undefined for anything else. */
  function bodyOf(frame: Uint8Array): PolicyBundleBody | undefined {
    const trusted = root()
    return trusted && statementIn(PolicyBundle, frame, trusted.mesh, trusted.key)?.body
  }

  /** Throws KaroError `bad_config` for policies and settings that cannot be read, for aggregators of one operator, and another beginning. */
  async function rulesOf(body: PolicyBundleBody) {
    checkOperators(body)
    checkBegan(body, inForce?.body)
    const settings = deps.settingsOf(body.settings ?? [])
    const text = textOf(body.policies)
    const set = text.trim() === '' ? undefined : await deps.compile(PLACE, text)
    const policies = set?.files.reduce((sum, file) => sum + file.policies, 0) ?? 0
    const rules: OrganisationRules = {
      max_level: body.max_level as 0 | 1 | 2 | undefined,
      k_min: body.k_min,
      engine: set?.engine,
    }
    return { rules, policies, text, settings }
  }

  /** The documents room goes by the version too; one that a wrong clock signed keeps no other one away. */
  function isOlder({ version }: PolicyBundleBody, before: PolicyBundleBody): boolean {
    return !isFuture(before.version, clock.now()) && version <= before.version
  }

  /** Throws the KaroErrors of `take`. */
  async function use(frame: Uint8Array, from: 'person' | 'mesh' | 'kept'): Promise<void> {
    const isNew = from !== 'kept'
    const body = bodyOf(frame)
    if (body === undefined) {
      const whose =
        root() === undefined ? 'this node is in no mesh' : 'the root of this mesh did not sign this'
      throw new KaroError('refused', whose, {
        hint: 'Name the file of the root key of this mesh: --root-key. karo ca show says which mesh this is.',
      })
    }
    if (isFuture(body.version, clock.now()) && isNew) {
      throw new KaroError('conflict', 'the policy bundle was signed in the future', {
        hint: "Compare the clock of the machine that signed it with this one's.",
      })
    }
    const before = inForce?.body
    // Whoever signed this bundle did not know the one in force here.
    const isAside = before !== undefined && body.number <= before.number
    if (before !== undefined && ((isAside && from === 'person') || isOlder(body, before))) {
      throw new KaroError('conflict', `the policy bundle ${before.number} is in force, which is as new`, {
        hint: 'Run it again: another one was signed in the meantime.',
      })
    }
    const { rules, policies, text, settings } = await rulesOf(body)
    const lost = isAside ? before.version : null
    inForce = { body, policies, text, settings, frame, lost }
    problem = null
    policy.organisation(rules)
    follow({ edition: body.number, settings })
    deps.changed()
    if (!isNew) return
    log.info({ number: body.number, policies }, 'a policy bundle of the organisation is in force')
    await audit.record({
      type: 'policy_change',
      success: true,
      details: {
        change: 'organisation',
        number: body.number,
        policies,
        ...limitsOf(body),
        lost: lost ?? undefined,
      },
    })
  }

  /** What came from others is refused without an error to anybody, and told. */
  function accept(frame: Uint8Array, isNew: boolean): void {
    // One that is kept here of a mesh that this node has left.
    if (root() === undefined) return
    serially(() => use(frame, isNew ? 'mesh' : 'kept')).catch((error: unknown) => {
      const { code, message, where } = error as KaroError
      if (code === 'conflict' && inForce !== undefined) return
      problem = where === undefined ? message : `${where}: ${message}`
      // What it forbade is not known any more.
      if (!isNew) policy.organisation({ engine: UNREADABLE })
      log.error({ reason: problem }, 'a policy bundle of the organisation is not in force')
      void audit.record({
        type: 'policy_change',
        success: false,
        details: { change: 'refused', problem: problem.slice(0, 1_024) },
      })
    })
  }

  const isRoot = (author: NodeId): boolean => {
    const trusted = root()
    return trusted !== undefined && formatNodeId(trusted.key) === author
  }

  return {
    /** By which bundles come from other nodes, and back from the store. */
    documents: {
      wanted: isRoot,
      /** False: the root signed it, and its policies cannot be read here; the one before stays in the store as in force. */
      async readable(frame: Uint8Array) {
        const body = bodyOf(frame)
        return (
          body !== undefined &&
          (await rulesOf(body).then(
            () => true,
            () => false,
          ))
        )
      },
      accept,
      isFirst: isRoot,
    },
    /** Where a bundle goes that a person brought to this node; resolves when it is stored. */
    onDocument(next: typeof sink) {
      sink = next
    },
    /**
     * Takes a bundle from a person, for this node and for the mesh; resolves when it is in force and stored. KaroErrors:
     * `refused` when the root of this mesh did not sign it, `conflict` when it is not newer than the one in force,
     * `bad_config` with line and column when its policies cannot be read.
     */
    take: (frame: Uint8Array) =>
      serially(async () => {
        await use(frame, 'person')
        await sink(frame)
      }),
    /** The bundle in force, as it was signed. */
    frame: () => inForce?.frame,
    /** Who puts the settings into force, whenever other ones are; undefined: there is no bundle. */
    onSettings(listener: typeof follow) {
      follow = listener
    },
    /** What the bundle in force says; undefined without one. */
    bundle: () => inForce?.body,
    /** What the contract describes. Null: the root has signed none, or none has come here. */
    state() {
      if (inForce === undefined && problem === null) return null
      const { body, policies = 0, text = '', settings = {}, lost = null } = inForce ?? {}
      return {
        number: body?.number ?? 0,
        signed_at: body?.version ?? 0,
        policies,
        text,
        max_level: (body?.max_level as 0 | 1 | 2 | undefined) ?? null,
        k_min: body?.k_min ?? null,
        settings,
        totals: {
          aggregators: namedIn(body?.aggregators),
          bucket: body?.bucket ?? 'day',
          began: body?.began ?? null,
          noise: body?.noise ?? null,
          audiences: body?.audiences ?? AUDIENCES,
          former: (body?.former ?? []).map(({ until, aggregators, bucket = 'day' }) => ({
            until,
            aggregators: namedIn(aggregators),
            bucket,
          })),
        },
        lost,
        problem,
      }
    },
    name: 'organisation',
    // What the documents room has kept counts before anybody can ask.
    start: () =>
      serially(async () => {
        if (inForce === undefined && problem === null) follow(undefined)
      }),
    stop: () => serially(async () => {}),
  }
}

const namedIn = (aggregators: PolicyBundleBody['aggregators'] = []) =>
  aggregators.map(({ key, operator }) => ({ node_id: formatNodeId(key), operator }))

/** For the ledger. */
const limitsOf = ({
  max_level,
  k_min,
  aggregators,
  bucket,
  noise,
  audiences,
  settings,
}: PolicyBundleBody) => ({
  max_level,
  k_min,
  aggregators: aggregators.length || undefined,
  bucket,
  noise,
  audiences: audiences?.join(', '),
  settings: settings?.map(({ key }) => key).join(' '),
})

function textOf(policies: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(policies)
  } catch (cause) {
    throw new KaroError('bad_config', 'the policies are not UTF-8 text', { where: PLACE, cause })
  }
}
