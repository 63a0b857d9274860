// Signs a policy bundle with the root's key, here and not in the daemon, which gets the signed bundle only.
import { resolve } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { BucketLength } from '../../../protocols/buckets.ts'
import { RELEASE_KEPT_MS } from '../../../protocols/buckets.ts'
import { FrameError } from '../../../protocols/frame.ts'
import {
  AGGREGATORS_MAX,
  BUNDLE_POLICIES_BYTES,
  FORMER_MAX,
  PolicyBundle,
  type PolicyBundleBody,
  SETTING_BYTES,
} from '../../../protocols/messages/policy.ts'
import { parseNodeId } from '../../../protocols/node-id.ts'
import { assignNode, getFleet } from '../../api/contract/operations/fleet.ts'
import { explainPeer } from '../../api/contract/operations/peers.ts'
import { getBundle, getPolicy, takeBundle } from '../../api/contract/operations/policy.ts'
import type { FleetShape } from '../../api/contract/shapes.ts'
import { byText } from '../../base/by-text.ts'
import { systemRandom } from '../../base/clock.ts'
import { comparable } from '../../base/words/comparable.ts'
import { settingsOf } from '../../config/fleet-settings.ts'
import { meshOf, type RootKey } from '../../trust/certificates/index.ts'
import {
  isSame,
  type Statement,
  signStatement,
  verifyStatement,
  versionAfter,
} from '../../trust/identity/index.ts'
import { compilePolicies, readPolicyFiles } from '../../trust/policy/load.ts'
import { certifyIssuer } from '../fleet/issuer.ts'
import { isKey } from '../input/nodes.ts'
import { openedRoot } from '../input/root-key.ts'
import { type CommandIo, defined, formatFingerprint, KaroError, printable, usage } from '../kit.ts'
import { nameOf } from '../views/lines.ts'
import { replacedView } from '../views/policy.ts'

export interface BundleTerms {
  readonly files: readonly string[]
  readonly maxLevel: 0 | 1 | 2 | undefined
  readonly k: number | undefined
  /** Nodes, as people name them, each with `=<operator>` behind it where its own name is not who runs it. */
  readonly aggregators: readonly string[]
  readonly bucket: BucketLength | undefined
  /** Scale of the noise in totals; undefined: by how many machines they are of. */
  readonly noise: number | undefined
  /** Role names; none: what nodes go by where a bundle does not say. */
  readonly audiences: readonly string[]
  /** Whether the settings of the last bundle stay. */
  readonly keepsSettings: boolean
}

/**
 * What the daemon answers. Throws KaroErrors: `bad_config` with file, line and column for policies that cannot be read,
 * `too_large` for more than 32 KiB of them, `bad_file` and `refused` for the root key, and the daemon's.
 */
export async function signBundle(
  io: CommandIo,
  { files, maxLevel, k, aggregators, bucket, noise, audiences, keepsSettings }: BundleTerms,
  options: Parameters<typeof openedRoot>[1],
) {
  // Before the person is asked for a passphrase.
  const policies = await textOf(files)
  const found = await aggregatorsNamed(io, aggregators)
  const last = await lastOf(io)
  const { organisation } = await io.call(getPolicy)
  // Whoever signs a new file may not expect that the rest ends.
  const ends = replacedView(organisation, { totals: found.length > 0, settings: keepsSettings }, io)
  const root = await openedRoot(io, options, ends)
  await certifyOperators(io, root, found)
  const said = defined<Said>({
    policies,
    max_level: maxLevel,
    k_min: k,
    aggregators: found.map(({ node, operator }) => ({ key: parseNodeId(node) as Uint8Array, operator })),
    bucket,
    noise,
    audiences: audiences.length > 0 ? audiences : undefined,
    settings: keepsSettings ? last?.body.settings : undefined,
  })
  return handBundle(io, root, last, said)
}

/** A node that is to compute totals, and who has it; `isSaid`: the person says so, and its certificate not yet. */
interface Named {
  readonly node: string
  readonly operator: string
  readonly isSaid: boolean
  /** The certificate of this node, where it is this one. */
  readonly own: FleetShape['own'] | undefined
}

/**
 * The nodes that compute totals, each of another operator, or none. Throws KaroError `bad_request`, and as
 * `GET /peers/explain` does.
 */
async function aggregatorsNamed(io: CommandIo, aggregators: readonly string[]): Promise<readonly Named[]> {
  if (aggregators.length > AGGREGATORS_MAX)
    throw new KaroError('bad_request', `a bundle names at most ${AGGREGATORS_MAX} aggregators`)
  const found: Named[] = []
  for (const given of aggregators) found.push(await aggregatorNamed(io, given))
  if (new Set(found.map(({ node }) => node)).size < found.length)
    throw usage(
      'one node is named twice',
      '--aggregator',
      'A node with both halves of a number would know the number.',
    )
  const twice = found.find(({ operator }, at) =>
    found.slice(0, at).some((other) => comparable(other.operator) === comparable(operator)),
  )
  if (twice === undefined && found.length !== 1) return found
  throw usage(
    twice === undefined
      ? 'totals need two nodes to compute them'
      : `two nodes that compute totals would be run by ${twice.operator}`,
    '--aggregator',
    'Each of the two operators gets one half of every number; an operator with both halves would know the numbers. Name nodes of two operators: --aggregator <node>=<operator>.',
  )
}

/** One `node` or `node=operator`: who has the node says its certificate, and the person where that says nothing. */
async function aggregatorNamed(io: CommandIo, given: string): Promise<Named> {
  const at = given.lastIndexOf('=')
  const [who, said] = at < 0 ? [given, ''] : [given.slice(0, at), given.slice(at + 1).trim()]
  const { peer, isProven, own } = await nodeNamed(io, who)
  if (!isProven && !isKey(who))
    throw new KaroError('bad_request', `'${who}' is a name that the node gave itself, so it proves nothing`, {
      hint: `Compare its fingerprint ${formatFingerprint(peer.fingerprint)} with what \`karo identity show\` prints there, and name it by that.`,
    })
  const name = nameOf(peer)
  if (peer.owner !== undefined && said !== '' && comparable(peer.owner) !== comparable(said))
    throw usage(
      `the certificate of ${name} says that ${peer.owner} has it, not ${said}`,
      '--aggregator',
      `Another owner needs a new certificate: karo ca assign ${name} --owner ${printable(said)}`,
    )
  const operator = peer.owner ?? said
  if (operator === '')
    throw usage(
      `nobody has said who runs ${name}`,
      '--aggregator',
      `Name who runs it, and its certificate will say so: --aggregator ${name}=<operator>`,
    )
  return {
    operator,
    node: peer.node_id,
    isSaid: peer.owner === undefined,
    own,
  }
}

/** A node, and whether its name is more than its own word: people here chose it, or an issuer signed it, for no two machines. */
async function nodeNamed(io: CommandIo, who: string) {
  const { own } = await io.call(getFleet)
  if (own !== null && [own.node_id, own.name, own.fingerprint].includes(who.replaceAll(' ', '')))
    return { peer: own, isProven: true, own }
  const { peer } = await io.call(explainPeer, { query: { who } })
  return {
    peer,
    isProven: peer.name_chosen === true || (peer.why === 'certificate' && peer.certified_until !== undefined),
  }
}

/** Has certificates say who runs the nodes, where they do not yet. Throws the daemon's KaroErrors. */
async function certifyOperators(io: CommandIo, root: RootKey, named: readonly Named[]): Promise<void> {
  for (const { node, operator: owner, isSaid, own } of named) {
    if (!isSaid) continue
    if (own?.usage !== 'issuer') await io.call(assignNode, { body: { who: node, owner } })
    // The root alone certifies an issuer, which stays one for as long as before.
    else await certifyIssuer(io, root, { ...own, life: Date.parse(own.ends_at) - Date.now(), owner })
  }
}

/** What a bundle says of its own; the rest follows from the last one. */
type Said = Omit<PolicyBundleBody, 'version' | 'number' | 'mesh' | 'former' | 'began'>

/** The bundle in force, with the key that signed it; undefined: there is none. */
async function lastOf(io: CommandIo): Promise<Statement<PolicyBundleBody> | undefined> {
  const { bundle } = await io.call(getBundle)
  return bundle === null
    ? undefined
    : verifyStatement(PolicyBundle, new Uint8Array(Buffer.from(bundle, 'base64url')))
}

/**
 * Signs a bundle in place of the last one and hands it to the daemon. What the daemon answers; throws its KaroErrors, and `refused`
 * where another key signed the last one, of which the next one repeats some.
 */
async function handBundle(
  io: CommandIo,
  root: RootKey,
  before: Statement<PolicyBundleBody> | undefined,
  next: Said,
) {
  if (before !== undefined && !isSame(before.key, root.publicKey))
    throw new KaroError('refused', 'another root signed the bundle that is in force here', {
      hint: 'Name the file of the root key of this mesh: --root-key',
    })
  const last = before?.body
  // The newest version counts everywhere, so it is above the last one also where another machine's clock is a little ahead.
  const version = versionAfter(last?.version ?? 0, Date.now())
  const former = formerOf(last, next, version)
  // When the first bundle named who computes totals; undefined: none does.
  const began = last?.began ?? (next.aggregators.length > 0 ? version : undefined)
  const body = {
    ...next,
    version,
    mesh: meshOf(root.publicKey),
    number: (last?.number ?? -1) + 1,
    ...(former.length > 0 && { former }),
    ...(began && { began }),
  }
  const frame = signed(() => signStatement(PolicyBundle, body, root, version, systemRandom))
  return io.call(takeBundle, { body: { bundle: Buffer.from(frame).toString('base64url') } })
}

/** Throws KaroError `too_large` for what no bundle holds together, though each part has room. */
function signed(sign: () => Uint8Array): Uint8Array {
  try {
    return sign()
  } catch (error) {
    if (!(error instanceof FrameError) || error.code !== 'too_large') throw error
    throw new KaroError(
      'too_large',
      `policies and settings together have no room in one bundle of ${PolicyBundle.limit / 1024} KiB`,
      {
        hint: 'karo fleet unset takes a setting out, karo policy sign signs other policies.',
      },
    )
  }
}

/**
 * Who computed totals before, as long as what they released is kept: without this a node could not tell whether the two that
 * released something a month ago were the right ones. The list in force is added where the new one is another.
 */
function formerOf(
  last: PolicyBundleBody | undefined,
  next: Said,
  now: number,
): NonNullable<PolicyBundleBody['former']> {
  if (last === undefined) return []
  const { aggregators, bucket, former = [] } = last
  const before = { until: now, aggregators, ...(bucket && { bucket }) }
  return [...former, ...(computing(last) === computing(next) ? [] : [before])]
    .filter((one) => one.aggregators.length > 0 && one.until + RELEASE_KEPT_MS > now)
    .slice(-FORMER_MAX)
}

/** Who computes totals, and of which periods, whatever the order in which they are named. */
const computing = ({ aggregators, bucket = 'day' }: Said): string =>
  [
    bucket,
    ...aggregators.map(({ key, operator }) => `${Buffer.from(key).toString('hex')} ${operator}`).sort(),
  ].join('\n')

/** Settings of the fleet by key, each with the value that the next bundle has for it; undefined: none. */
export type Wanted = Readonly<Record<string, unknown>>

/**
 * Signs the last bundle again with these settings, unless it has them already. `before` has the settings as they were, by key. Throws
 * as `signBundle` does.
 */
export async function signSettings(io: CommandIo, wanted: Wanted, options: Parameters<typeof openedRoot>[1]) {
  const last = await lastOf(io)
  // Who computed totals before is said anew in each bundle.
  const { former: _, ...said } = last?.body ?? { policies: new Uint8Array(), aggregators: [] }
  const before = settingsOf(last?.body.settings ?? [])
  const after = defined<Wanted>({ ...before, ...wanted })
  if (isDeepStrictEqual(after, before)) return { ...(await io.call(getPolicy)), before }
  const settings = Object.entries(after)
    .sort(([a], [b]) => byText(a, b))
    .map(([key, value]) => ({ key, value: settingBytes(key, value) }))
  // Asked for only now: nobody types a passphrase for nothing.
  const root = await openedRoot(io, options)
  const { organisation } = await handBundle(io, root, last, { ...said, settings })
  return { organisation, before }
}

/** Throws KaroError `too_large`. */
function settingBytes(key: string, value: unknown): Uint8Array {
  const bytes = new Uint8Array(Buffer.from(JSON.stringify(value)))
  if (bytes.length <= SETTING_BYTES) return bytes
  throw new KaroError(
    'too_large',
    `${key} takes ${bytes.length} bytes in the bundle, of at most ${SETTING_BYTES}`,
    {
      where: key,
      hint: 'Shorten the file. A line break takes two bytes.',
    },
  )
}

/** Each file is read as nodes will read the whole, so that errors name the file of this machine. */
async function textOf(files: readonly string[]): Promise<Uint8Array> {
  const read = readPolicyFiles(files.map((file) => resolve(file)))
  for (const { path, bytes } of read) await compilePolicies(path, bytes.toString('utf8'))
  const text = Buffer.from(read.map(({ bytes }) => bytes.toString('utf8')).join('\n'))
  if (text.length > BUNDLE_POLICIES_BYTES)
    throw new KaroError(
      'too_large',
      `the policies have ${text.length} bytes, and a bundle has room for ${BUNDLE_POLICIES_BYTES}`,
    )
  // Twice the same @id shows only when they stand together.
  if (read.length > 1) await compilePolicies('the files together', text.toString('utf8'))
  return text
}
