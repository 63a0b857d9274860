// The manifest of an agent: its command, places and owner, signed by this node when a person adds the agent.
import type { WireValue } from '../../../protocols/define.ts'
import { decodeValue, encodeValue } from '../../../protocols/messagepack.ts'
import { KaroError } from '../../base/errors.ts'
import { blake3 } from '../../base/hash.ts'
import { toHex } from '../../base/hex.ts'
import { connectTo, endpointOf } from '../../base/words/loopback-endpoint.ts'
import type { Bind, Limits } from '../../muscle/contract/messages.ts'
import type { Identity } from '../../trust/identity/index.ts'
import { verifySignature } from '../../trust/identity/index.ts'
import type { AgentId } from '../types.ts'
import { type AgentClass, programOf } from './words.ts'

/** A secret that its program finds at the path in `KARO_SECRET_<variable>`. */
interface SecretWish {
  readonly variable: string
  readonly secret: string
}

/** The description of an agent by the person who adds it. */
export interface Wanted {
  readonly class: AgentClass
  readonly name: string
  /** Never a line for a shell; or the address of a server that runs already, alone. */
  readonly argv: readonly string[]
  /** A directory inside the jail. */
  readonly cwd: string
  readonly binds: readonly Bind[]
  /** Tools that may be called; none: every one that it offers. */
  readonly tools: readonly string[]
  /** Of the vault of its person, each under the name by which its program finds it. At most 8. */
  readonly secrets: readonly SecretWish[]
  /** Places of the network that it may connect to, `host:port`; absent: it has no network. */
  readonly connect?: readonly string[]
  readonly limits: Limits
  readonly callMs: number
  readonly why: string
}

export interface Manifest extends Omit<Wanted, 'class' | 'name'> {
  readonly id: AgentId
  readonly name: string
  /** The person who added it, by number. */
  readonly person: number
  /** The capabilities that the agent needs: `fs.read:/srv/app`. */
  readonly capabilities: readonly string[]
  /** Milliseconds since the epoch. */
  readonly addedAt: number
}

/** Why a person has to start it, as a predicate: something outside of its jail can be changed by it, or it holds secrets. Otherwise undefined. */
export function needsPerson({
  binds,
  secrets,
  connect = [],
}: Pick<Manifest, 'binds' | 'secrets' | 'connect'>): string | undefined {
  if (secrets.length > 0) return 'holds secrets'
  if (connect.length > 0) return 'may connect to the network'
  return binds.some(({ write }) => write) ? 'may write' : undefined
}

/**
 * The jail of the agent as an action names it. `env`: its secrets (by name) and network places, as the card shows them and as an
 * approval covers them.
 */
export const jailOf = ({ argv, cwd, binds, secrets, connect = [] }: Manifest) => ({
  argv,
  cwd,
  binds,
  connect,
  secrets: secrets.map(({ secret }) => secret),
  env: {
    ...Object.fromEntries(
      secrets.map(({ variable, secret }) => [`KARO_SECRET_${variable}`, `the secret ${secret}`]),
    ),
    ...(connect.length > 0 && { HTTPS_PROXY: `to ${connect.join(', ')} and nowhere else` }),
  } as Readonly<Record<string, string>>,
})

/** BLAKE3 of all that the manifest says, 64 hex digits: an agent that is added again is another one. */
export const digestOf = (manifest: Manifest): string => toHex(blake3([encodeValue(plain(manifest))]))

type Signer = Pick<Identity, 'publicKey' | 'sign'>
/** Keys whose signature counts: of this node, and those that it had before. */
type Signers = Pick<Identity, 'publicKey' | 'former'>

/** Keeps these signatures apart from all others that the key makes. */
const PURPOSE = Buffer.from('karo agent manifest 1\n')

/** The manifest of what `person` wants, and its bytes with the signature. Throws KaroError `bad_request` for a text that cannot be kept. */
export function signManifest(
  wanted: Wanted,
  { person, addedAt }: { readonly person: number; readonly addedAt: number },
  signer: Signer,
): { readonly manifest: Manifest; readonly bytes: Uint8Array } {
  const { class: kind, name, ...rest } = wanted
  const manifest: Manifest = {
    ...rest,
    id: `${kind}:${name}`,
    name,
    person,
    addedAt,
    capabilities: capabilitiesOf(wanted),
  }
  try {
    const fields = { ...plain(manifest), public_key: signer.publicKey }
    const signature = signer.sign(Buffer.concat([PURPOSE, encodeValue(fields)]))
    return { manifest, bytes: encodeValue({ ...fields, signature }) }
  } catch (error) {
    throw new KaroError('bad_request', `this cannot be kept as a manifest: ${(error as Error).message}`)
  }
}

/**
 * The manifest in `bytes`, if this node signed exactly them for this person and this id. Throws KaroError `refused` otherwise, so
 * that nothing runs of what somebody changed in the database.
 */
export function verifyManifest(
  bytes: Uint8Array,
  { person, id }: { readonly person: number; readonly id: string },
  { publicKey, former }: Signers,
): Manifest {
  const refuse = (why: string): never => {
    throw new KaroError('refused', `no process of ${id} runs: ${why}`, {
      where: 'manifest',
      hint: 'Remove this agent with karo agent remove, and add it again.',
    })
  }
  let fields: Record<string, unknown>
  try {
    fields = decodeValue(bytes) as Record<string, unknown>
  } catch {
    return refuse('its manifest is damaged')
  }
  const { signature, ...signed } = fields
  const { public_key, ...members } = signed
  if (!(signature instanceof Uint8Array) || !(public_key instanceof Uint8Array))
    return refuse('its manifest is damaged')
  const known = [publicKey, ...former.map((key) => key.publicKey)].find((key) =>
    Buffer.from(key).equals(Buffer.from(public_key)),
  )
  if (known === undefined) return refuse('its manifest was signed by another node')
  if (!verifySignature(known, Buffer.concat([PURPOSE, encodeValue(signed as WireValue)]), signature))
    return refuse('its manifest is not as this node signed it')
  // A document with this node's signature has the members of a manifest.
  const manifest = { secrets: [], ...members } as unknown as Manifest
  if (manifest.id !== id || manifest.person !== person) return refuse('its manifest is of another agent')
  return manifest
}

const plain = (manifest: Manifest): Record<string, WireValue> => ({
  ...(manifest as unknown as Record<string, WireValue>),
})

/** Its program, or the address of its server, and each place that it sees or may change. */
function capabilitiesOf({ argv, cwd, binds, secrets, connect = [] }: Wanted): readonly string[] {
  const endpoint = endpointOf(argv)
  return [
    endpoint === undefined ? programOf({ argv, cwd }) : connectTo(endpoint),
    ...binds.map(({ path, write }) => `${write ? 'fs.write' : 'fs.read'}:${path}`),
    ...secrets.map(({ secret }) => `secret.read:${secret}`),
    ...connect.map((place) => `net.connect:${place}`),
  ]
}
