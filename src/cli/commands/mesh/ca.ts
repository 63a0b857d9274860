// karo ca: the root of a mesh, whose key is needed rarely and kept away, and how this node stands in its mesh.
import { resolve } from 'node:path'
import { REVOKED_MAX } from '../../../../protocols/messages/certificate.ts'
import { keyOf, type NodeId } from '../../../../protocols/node-id.ts'
import {
  assignNode,
  exportFleet,
  foundFleet,
  getAssignable,
  getFleet,
  getRootList,
  revokeByRoot,
} from '../../../api/contract/operations/fleet.ts'
import { explainPeer } from '../../../api/contract/operations/peers.ts'
import type { FleetShape, PeerShape, RootListShape } from '../../../api/contract/shapes.ts'
import { systemRandom } from '../../../base/clock.ts'
import { toldRole } from '../../../base/words/roles.ts'
import { createRootKey, meshOf, signRevocationList } from '../../../trust/certificates/index.ts'
import { versionAfter } from '../../../trust/identity/index.ts'
import { certifyIssuer, issuerTerms, privilegedIn } from '../../fleet/issuer.ts'
import { called, totalsLost } from '../../fleet/revoking.ts'
import { peersNamed } from '../../input/nodes.ts'
import { openedRoot, ROOT_FILE, ROOT_OPTIONS } from '../../input/root-key.ts'
import {
  ASSIGNED,
  assignedBy,
  type Columns,
  type CommandIo,
  defineCommand,
  EXIT,
  fitted,
  formatFingerprint,
  KaroError,
  lasting,
  localTime,
  NODE,
  nodesOf,
  type OptionsByName,
  printable,
  say,
  show,
  table,
  usage,
} from '../../kit.ts'
import { TO_FILE, writingTo } from '../../output-file.ts'
import { newPassphrase, withPassphrase } from '../../passphrase.ts'
import { confirm, permitted } from '../../terminal/confirm.ts'
import { fleetView, grantWords, shortMesh } from '../../views/fleet.ts'

/** Four thousand certificates. */
const EXPORT_BYTES = 16 * 1024 * 1024

const exportMesh = defineCommand('ca export', {
  summary:
    'write certificates, revocation lists and the policy bundle to a file that can be verified without Karo',
  shows: exportFleet,
  options: { output: TO_FILE },
  json: 'NDJSON, one JSON document a line; with --output one document that says what is in the file',
  examples: {
    'karo ca export -o mesh.ndjson':
      'verify.py, in /usr/share/karo, verifies it on any machine with Python 3',
  },
  async run(io, { options }) {
    const file = options.output
    let documents = 0
    await writingTo(io, file, async (write) => {
      for await (const line of io.daemon.lines(exportFleet, { maxBytes: EXPORT_BYTES })) {
        if ('kind' in line) documents++
        write(`${JSON.stringify(line)}\n`)
      }
    })
    if (file !== undefined)
      return show(io, { file, documents }, () => `${documents} documents are in ${printable(file)}\n`)
  },
})

/**
 * The keys of the root's next list. One that was revoked before keeps its moment. What a revoked issuer had revoked is
 * repeated, because no list of the issuer counts any more where it was not known before.
 */
function revokedWith(node: NodeId, { revoked, by_issuers }: RootListShape, now: number) {
  const theirs = by_issuers.filter(({ issuer }) => issuer === node)
  const at = new Map([...theirs, ...revoked].map((one) => [one.node_id, Date.parse(one.at)]))
  return [...new Map([[node, now], ...at])].map(([node_id, moment]) => ({ node_id, at: moment }))
}

const OPTIONS = {
  'root-key': ROOT_OPTIONS['root-key'],
  for: {
    value: 'duration',
    reads: lasting('1m', '400d'),
    description: 'how long this node may certify others: at most 400d',
    default: '365d',
  },
  grant: {
    value: 'role,..',
    reads: privilegedIn,
    description: 'privileged roles that it may give: security, admin, or none',
    completes: ['security', 'admin', 'none'],
  },
  ...ASSIGNED,
  owner: {
    value: 'name',
    description: 'who has this machine: in totals all machines of one owner count once',
  },
  'passphrase-file': ROOT_OPTIONS['passphrase-file'],
} as const satisfies OptionsByName

const init = defineCommand('ca init', {
  summary: 'make a new mesh: a root key with a passphrase, and this node as its issuer',
  shows: foundFleet,
  options: OPTIONS,
  examples: {
    'karo ca init --root-key /mnt/usb/karo-root.key': 'asks for a passphrase; keep the file offline',
  },
  async run(io, { options }) {
    const path = resolve(options['root-key'] ?? ROOT_FILE)
    // Before the root key is made: a key that no mesh has would be left behind otherwise.
    const terms = issuerTerms(options)
    if ((await io.call(getFleet)).root !== null)
      throw new KaroError('conflict', 'this node belongs to a mesh already', {
        hint: 'karo ca show says which.',
      })
    await permitted(io, foundFleet)
    const passphrase = await newPassphrase(options['passphrase-file'])
    const root = withPassphrase(passphrase, (words) => createRootKey(path, words, systemRandom))
    const answer = await certifyIssuer(io, root, terms)
    return show(io, answer, () =>
      fitted(
        `This node is an issuer of the mesh ${shortMesh(answer)} now, until ${localTime(answer.own?.ends_at ?? '')}.
The root key is ${printable(path)}. Move it off this machine: whoever has it and its passphrase can make issuers of this mesh.
Next, for each machine:  karo invite
`,
        io,
      ),
    )
  },
})

const renew = defineCommand('ca renew', {
  summary: 'sign a new issuer certificate for this node with the root key; what no option says stays',
  shows: foundFleet,
  options: OPTIONS,
  examples: {
    'karo ca renew --root-key /mnt/usb/karo-root.key': 'once a year, or sooner',
  },
  async run(io, { options }) {
    const { last } = await io.call(getFleet)
    const terms = issuerTerms(options, last ?? undefined)
    const answer = await certifyIssuer(io, await openedRoot(io, options), terms)
    return show(io, answer, () => {
      const { ends_at = '', grants = [] } = answer.own ?? {}
      const says = grantWords(last?.grants ?? [], grants)
      return fitted(`This node is an issuer until ${localTime(ends_at)}.\n${says}\n`, io)
    })
  },
})

const peerOf = async (io: CommandIo, who: string) => (await io.call(explainPeer, { query: { who } })).peer

const revoke = defineCommand('ca revoke', {
  summary:
    'revoke a node in the whole mesh with the root key; for an issuer, also all machines that it certified',
  shows: revokeByRoot,
  args: { node: NODE },
  options: ROOT_OPTIONS,
  examples: {
    'karo ca revoke hq --root-key /mnt/usb/karo-root.key':
      'on any node of the mesh; machines that hq let in need another invite',
  },
  async sure(io, { args }) {
    const peer = await peerOf(io, args.node)
    const issuer =
      peer.certifies === undefined
        ? ''
        : ` It is an issuer. Machines that it certified: ${peer.certifies}. They lose their membership too, and each needs an invite of another issuer.`
    return {
      asks: `Revoke ${called(peer)} in the whole mesh for good?${issuer}${await totalsLost(io, peer)}`,
      args: { node: peer.node_id },
    }
  },
  async run(io, { args, options }) {
    const peer = await peerOf(io, args.node)
    const before = await io.call(getRootList)
    const root = await openedRoot(io, options)
    const now = Date.now()
    const keys = revokedWith(peer.node_id, before, now)
    if (keys.length > REVOKED_MAX)
      throw new KaroError(
        'too_large',
        `a list of the root names at most ${REVOKED_MAX} keys, and this one would name ${keys.length}`,
      )
    const frame = signRevocationList(
      root,
      {
        version: versionAfter(before.signed_at === null ? 0 : Date.parse(before.signed_at), now),
        number: (before.number ?? -1) + 1,
        mesh: meshOf(root.publicKey),
        revoked: keys.map(({ node_id, at }) => ({ key: keyOf(node_id), at })),
      },
      systemRandom,
    )
    const answer = await io.call(revokeByRoot, {
      body: { list: Buffer.from(frame).toString('base64url') },
    })
    const lost = await totalsLost(io, peer)
    return show(io, answer, () =>
      fitted(
        `Revoked ${called(peer)} in the whole mesh, by the root. Members connected to this node had time to fetch the revocation list before their links were cut. Other members get it when they next connect to a member that has it. No invite lets that key in any more.${lost}
`,
        io,
      ),
    )
  },
})

const shown = defineCommand('ca show', {
  summary: 'show which mesh this node belongs to, its certificate, and the age of its revocation list',
  shows: getFleet,
  view: fleetView,
})

const WHERE = 'karo ca assign'

/** One machine, with its present roles and teams as far as this node knows. */
type Machine = Pick<PeerShape, 'node_id' | 'name' | 'fingerprint' | 'roles' | 'teams'>

const list = (labels: readonly string[]): string => labels.map(printable).join(', ') || 'none'

const COLUMNS: Columns<Machine> = {
  NAME: { value: ({ name }) => name || '–', shrink: true },
  FINGERPRINT: ({ fingerprint }) => formatFingerprint(fingerprint),
  ROLES: { value: ({ roles }) => list(roles), shrink: true },
  TEAMS: { value: ({ teams }) => list(teams), shrink: true },
}

/** Throws KaroError `bad_request` for words that name nobody; otherwise the daemon's errors. */
async function machines(
  io: CommandIo,
  words: readonly string[],
  of: string | undefined,
): Promise<readonly Machine[]> {
  if (of !== undefined) {
    if (words.length > 0) throw usage('give nodes or --of, not both', WHERE)
    const { nodes } = await io.call(getAssignable, { query: { issuer: of } })
    if (nodes.length > 0) return nodes
    throw new KaroError('not_found', 'no machine with a certificate of that issuer can get a new one', {
      hint: 'karo peers shows the machines of the mesh.',
    })
  }
  const named = nodesOf(words)
  if (named.length === 0)
    throw usage('no machine is named', WHERE, 'Name machines, or choose all of one issuer: --of <issuer>.')
  return peersNamed(io, named)
}

const assign = defineCommand('ca assign', {
  summary:
    'sign new certificates for machines, with the same or other roles and teams; the machines may be off',
  shows: assignNode,
  json: 'the answer for one node; for several, or with --of, {"certificates": […], "failed": […]}',
  args: {
    node: {
      optional: true,
      variadic: true,
      description: 'their ids, names, or fingerprints',
    },
  },
  options: {
    ...ASSIGNED,
    name: { value: 'name', description: 'of one machine: what the mesh calls it from now on' },
    owner: {
      value: 'name',
      description: 'who has them: in totals all machines of one owner count once; none for nobody',
    },
    of: {
      value: 'issuer',
      description: 'all machines whose newest certificate is by this issuer; lists them first',
      completes: 'node',
    },
    yes: 'do not ask before certifying several machines',
  },
  examples: {
    'karo ca assign eng-2 --team eng,ops': 'on an issuer; its roles stay as they are',
    'karo ca assign --of hq': 'moves all machines of hq to this issuer, with their roles and teams',
  },
  async run(io, { args, options }) {
    const { owner, name } = options
    const changed = {
      ...(name !== undefined && { name }),
      ...assignedBy(options),
      ...(owner !== undefined && { owner: owner === 'none' ? '' : owner }),
    }
    const [who, ...more] = nodesOf(args.node)
    // One that is named alone is not asked about, so that the issuer itself can be named, and is refused with the reason.
    if (who !== undefined && more.length === 0 && options.of === undefined) {
      const answer = await io.call(assignNode, { body: { who, ...changed } })
      return show(io, answer, () => fitted(`${assignedWords(answer.certificate)}\n${SPREADS}\n`, io))
    }
    if (name !== undefined) throw usage('--name is for one machine', WHERE)
    const chosen = await machines(io, args.node, options.of)
    if (!io.json && options.yes !== true) {
      const would = chosen.map((one) => ({ ...one, ...changed }))
      io.out(`${table(io, would, COLUMNS)}They would get these roles and teams from this issuer.\n`)
    }
    const question = `Sign a new certificate for ${chosen.length === 1 ? 'this machine' : `each of these ${chosen.length} machines`}?`
    if (!(await confirm(io, question, { yes: options.yes, shows: assignNode, where: WHERE })))
      return EXIT.failed
    return assignAll(io, chosen, changed)
  },
})

type Certificate = NonNullable<FleetShape['own']>
interface Changed {
  name?: string
  roles?: string[]
  teams?: string[]
  owner?: string
}

const SPREADS = 'Members that are connected know within seconds.'
const assignedWords = ({ name, roles, teams, owner }: Certificate): string =>
  `${printable(name)} has a new certificate: roles ${roles.map(toldRole).join(', ') || 'none'}; teams ${list(teams)}${owner === undefined ? '' : `; owner ${printable(owner)}`}.`

/** Certifies the machines one after the other; a machine that is refused does not stop the ones after it. */
async function assignAll(io: CommandIo, chosen: readonly Machine[], changed: Changed) {
  const certificates: Certificate[] = []
  const failed: { readonly node_id: string; readonly name: string; readonly why: string }[] = []
  for (const { node_id, name } of chosen) {
    try {
      const { certificate } = await io.call(assignNode, { body: { who: node_id, ...changed } })
      certificates.push(certificate)
      if (!io.json) say(io, `${assignedWords(certificate)}\n`)
    } catch (error) {
      if (!(error instanceof KaroError)) throw error
      failed.push({ node_id, name, why: error.message })
      if (!io.json) io.err(`${printable(name) || node_id} keeps its certificate: ${error.message}\n`)
    }
  }
  show(
    io,
    { certificates, failed },
    () => `${certificates.length} of ${chosen.length} machines have a new certificate. ${SPREADS}\n`,
  )
  if (failed.length === 0) return
  return certificates.length === 0 ? EXIT.failed : EXIT.partial
}

export const commands = [init, renew, revoke, assign, exportMesh, shown]
