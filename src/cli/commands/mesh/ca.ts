// karo ca: the root of a mesh, whose key is needed rarely and kept away, and how this node stands in its mesh.
import { REVOKED_MAX } from '../../../../protocols/messages/certificate.ts'
import { type NodeId, parseNodeId } from '../../../../protocols/node-id.ts'
import { daemonAt } from '../../../api/contract/client/socket.ts'
import {
  exportFleet,
  foundFleet,
  getFleet,
  getRootList,
  revokeByRoot,
} from '../../../api/contract/operations/fleet.ts'
import { explainPeer } from '../../../api/contract/operations/peers.ts'
import type { RootListShape } from '../../../api/contract/shapes.ts'
import { systemRandom } from '../../../base/clock.ts'
import { KaroError } from '../../../base/errors.ts'
import { localTime, printable } from '../../../base/format.ts'
import { createRootKey, meshOf, signRevocationList } from '../../../trust/certificates/index.ts'
import { versionAfter } from '../../../trust/identity/index.ts'
import { type CommandIo, defineCommand, type OptionsByName, show } from '../../command.ts'
import { assign } from '../../fleet/assign.ts'
import { certifyIssuer, issuerTerms } from '../../fleet/issuer.ts'
import { called } from '../../fleet/revoking.ts'
import { NODE } from '../../input/at.ts'
import { openedRoot, ROOT_FILE, ROOT_OPTIONS } from '../../input/root-key.ts'
import { ASSIGNED, oneNode } from '../../input/values.ts'
import { TO_FILE, writingTo } from '../../output-file.ts'
import { newPassphrase, withPassphrase } from '../../passphrase.ts'
import { absolutePath } from '../../place.ts'
import { permitted } from '../../terminal/confirm.ts'
import { fitted } from '../../terminal/text.ts'
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
      for await (const line of daemonAt(io).lines(exportFleet, { maxBytes: EXPORT_BYTES })) {
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
    description: 'how long this node may certify others: at most 400d',
    default: '365d',
  },
  grant: {
    value: 'role,..',
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
    'karo ca init --team ops --grant security,admin':
      'in a team, and may also certify security staff and administrators',
  },
  async run(io, { options }) {
    const path = absolutePath(options['root-key'] ?? ROOT_FILE, '--root-key')
    // Before the root key is made: a key that no mesh has would be left behind otherwise.
    const terms = issuerTerms(options, null)
    if ((await io.call(getFleet)).root !== null) {
      throw new KaroError('conflict', 'this node belongs to a mesh already', {
        hint: 'karo ca show says which.',
      })
    }
    await permitted(io, foundFleet)
    const passphrase = await newPassphrase(options['passphrase-file'])
    const root = withPassphrase(passphrase, (words) => createRootKey(path, words, systemRandom))
    const answer = await certifyIssuer(io, root, terms)
    return show(io, answer, () =>
      fitted(
        `This node is an issuer of the mesh ${shortMesh(answer)} now, until ${localTime(answer.own?.ends_at ?? '')}.
The root key is ${printable(path)}. Move it off this machine: it is needed again only for karo ca renew, and whoever has it and its passphrase can make issuers of this mesh.
Next, for each machine:  karo invite
`,
        io.columns,
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
    'karo ca renew --grant none': 'this node may no longer give privileged roles',
  },
  async run(io, { options }) {
    const { own } = await io.call(getFleet)
    const terms = issuerTerms(options, own)
    const answer = await certifyIssuer(io, await openedRoot(io, options), terms)
    const until = localTime(answer.own?.ends_at ?? '')
    return show(io, answer, () => {
      const says = grantWords(own?.grants ?? [], answer.own?.grants ?? [])
      return fitted(`This node is an issuer until ${until}.\n${says}\n`, io.columns)
    })
  },
})

const peerOf = async (io: CommandIo, words: readonly string[]) =>
  (await io.call(explainPeer, { query: { who: oneNode(words, 'karo ca revoke') } })).peer

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
      asks: `Revoke ${called(peer)} in the whole mesh for good?${issuer}`,
      args: { node: [peer.node_id] },
    }
  },
  async run(io, { args, options }) {
    const peer = await peerOf(io, args.node)
    const before = await io.call(getRootList)
    const root = await openedRoot(io, options)
    const now = Date.now()
    const keys = revokedWith(peer.node_id, before, now)
    if (keys.length > REVOKED_MAX) {
      throw new KaroError(
        'too_large',
        `a list of the root names at most ${REVOKED_MAX} keys, and this one would name ${keys.length}`,
      )
    }
    const frame = signRevocationList(
      root,
      {
        version: versionAfter(before.signed_at === null ? 0 : Date.parse(before.signed_at), now),
        number: (before.number ?? -1) + 1,
        mesh: meshOf(root.publicKey),
        revoked: keys.map(({ node_id, at }) => ({ key: parseNodeId(node_id) as Uint8Array, at })),
      },
      systemRandom,
    )
    const answer = await io.call(revokeByRoot, {
      body: { list: Buffer.from(frame).toString('base64url') },
    })
    return show(io, answer, () =>
      fitted(
        `Revoked ${called(peer)} in the whole mesh, by the root. Members connected to this node had time to fetch the revocation list before their links were cut. Other members get it when they next connect to a member that has it. No invite lets that key in any more.
`,
        io.columns,
      ),
    )
  },
})

const shown = defineCommand('ca show', {
  summary: 'show which mesh this node belongs to, its certificate, and the age of its revocation list',
  shows: getFleet,
  view: fleetView,
})

export const commands = [init, renew, revoke, assign, exportMesh, shown]
