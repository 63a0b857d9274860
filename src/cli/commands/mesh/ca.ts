// karo ca: the root of a mesh, whose key is needed rarely and kept away, and how this node stands in its mesh.

import { parseNodeId } from '../../../../protocols/node-id.ts'
import { daemonAt } from '../../../api/contract/client/socket.ts'
import { foundFleet, getFleet } from '../../../api/contract/operations/fleet.ts'
import { getIdentity } from '../../../api/contract/operations/status.ts'
import type { FleetShape } from '../../../api/contract/shapes.ts'
import { systemRandom } from '../../../base/clock.ts'
import { KaroError } from '../../../base/errors.ts'
import { ago, formatFingerprint, localTime, printable } from '../../../base/format.ts'
import {
  createRootKey,
  LIFE_MAX_MS,
  meshOf,
  openRootKey,
  type RootKey,
  signCertificate,
} from '../../../trust/certificates/index.ts'
import { type Command, type CommandIo, type CommandOption, defineCommand, show } from '../../command.ts'
import { parseDuration } from '../../input/time.ts'
import { commaList } from '../../input/values.ts'
import { newPassphrase, passphraseOf, withPassphrase } from '../../passphrase.ts'
import { absolutePath } from '../../place.ts'
import { table } from '../../terminal/table.ts'
import { fitted } from '../../terminal/text.ts'

const ROOT_FILE = 'karo-root.key'

const OPTIONS = [
  {
    name: 'root-key',
    value: 'file',
    description: `file of the root key (default: ${ROOT_FILE} in this directory)`,
    completes: 'file',
  },
  {
    name: 'for',
    value: 'duration',
    description: 'how long this node may certify others, at most 400d',
    default: '365d',
  },
  {
    name: 'grant',
    value: 'role,..',
    description: 'privileged roles that it may give: security, admin, or none (renew: as before)',
    completes: ['security', 'admin', 'none'],
  },
  {
    name: 'passphrase-file',
    value: 'file',
    description:
      'a file with the passphrase of the root key, which others may not read; - for standard input',
    completes: 'file',
  },
] as const satisfies readonly CommandOption[]

/** Signs a certificate of an issuer for this node and hands it to the daemon; the root key never leaves this process. */
async function certify(
  io: CommandIo,
  root: RootKey,
  options: { for: string; grant?: string | undefined },
  before: readonly string[] = [],
) {
  const life = parseDuration(options.for, '--for')
  if (life < 60_000 || life > LIFE_MAX_MS.issuer) {
    throw new KaroError('bad_request', 'an issuer certifies for a minute to 400 days', { where: '--for' })
  }
  const self = await daemonAt(io).call(getIdentity)
  const now = Date.now()
  const frame = signCertificate(
    root,
    meshOf(root.publicKey),
    {
      usage: 'issuer',
      key: parseNodeId(self.node_id) as Uint8Array,
      name: self.name,
      roles: [],
      teams: [],
      grants: grantsOf(options.grant, before),
      version: now,
      notBefore: now,
      notAfter: now + life,
    },
    systemRandom,
  )
  const certificate = Buffer.from(frame).toString('base64url')
  return daemonAt(io).call(foundFleet, { body: { root: root.root, certificate } })
}

const init = defineCommand({
  name: 'ca init',
  summary: 'make a mesh of your own: a root key under a passphrase, and this node as its issuer',
  shows: foundFleet,
  options: OPTIONS,
  examples: [
    {
      run: 'karo ca init --root-key /mnt/usb/karo-root.key',
      does: 'asks for a passphrase; keep the file offline',
    },
    {
      run: 'karo ca init --grant security,admin',
      does: 'this node may also certify security staff and administrators',
    },
  ],
  async run(io, { options }) {
    const path = absolutePath(options['root-key'] ?? ROOT_FILE, '--root-key')
    const state = await daemonAt(io).call(getFleet)
    if (state.root !== null) {
      throw new KaroError('conflict', 'this node belongs to a mesh already', {
        hint: 'karo ca show says to which.',
      })
    }
    const passphrase = await newPassphrase(options['passphrase-file'])
    const root = withPassphrase(passphrase, (words) => createRootKey(path, words, systemRandom))
    const answer = await certify(io, root, options)
    return show(io, answer, () =>
      fitted(
        `This node is an issuer of the mesh ${shortMesh(answer)} now, until ${localTime(answer.own?.ends_at ?? '')}.
The root key is ${printable(path)}. Move it off this machine: it is needed again only for karo ca renew, and whoever has
it and its passphrase can make issuers of this mesh.
Next, for each machine:  karo invite
`,
        io.columns,
      ),
    )
  },
})

const renew = defineCommand({
  name: 'ca renew',
  summary: "certify this node as an issuer again, with the root's key; also to change what it may give",
  shows: foundFleet,
  options: OPTIONS,
  examples: [
    { run: 'karo ca renew --root-key /mnt/usb/karo-root.key', does: 'once a year, or sooner' },
    { run: 'karo ca renew --grant none', does: 'this node may give no privileged role any more' },
  ],
  async run(io, { options }) {
    const path = absolutePath(options['root-key'] ?? ROOT_FILE, '--root-key')
    const passphrase = await passphraseOf(options['passphrase-file'], 'Passphrase of the root key: ')
    const root = withPassphrase(passphrase, (words) => openRootKey(path, words))
    const before = (await daemonAt(io).call(getFleet)).own?.grants ?? []
    const answer = await certify(io, root, options, before)
    const until = localTime(answer.own?.ends_at ?? '')
    return show(io, answer, () => {
      const says = grantWords(before, answer.own?.grants ?? [])
      return fitted(`This node is an issuer until ${until}.\n${says}\n`, io.columns)
    })
  },
})

const shown = defineCommand({
  name: 'ca show',
  summary: 'to which mesh this node belongs, its certificate, and how fresh its revocation list is',
  shows: getFleet,
  examples: [{ run: 'karo ca show', does: 'the mesh, the root, and until when this node is certified' }],
  async run(io) {
    const answer = await daemonAt(io).call(getFleet)
    return show(io, answer, view)
  },
})

const shortMesh = ({ mesh }: FleetShape): string => formatFingerprint((mesh ?? '').slice(0, 16))

function view(fleet: FleetShape, io: CommandIo): string {
  const { own, joining } = fleet
  if (fleet.root === null) {
    const says = joining === null ? 'This node belongs to no mesh of a root.' : joiningWords(joining)
    return fitted(`${says}\nkaro join takes an invite; karo ca init makes a mesh.\n`, io.columns)
  }
  const rows: [string, string][] = [
    ['mesh', shortMesh(fleet)],
    ['root', fleet.root],
    ['this node', own === null ? 'has no certificate that holds' : `${own.usage}, ${printable(own.name)}`],
  ]
  if (own !== null) {
    rows.push(['holds until', localTime(own.ends_at)])
    if (own.roles.length > 0) rows.push(['roles', own.roles.map(printable).join(', ')])
    if (own.teams.length > 0) rows.push(['teams', own.teams.map(printable).join(', ')])
    if (own.grants.length > 0) rows.push(['may give', own.grants.map(printable).join(', ')])
  }
  rows.push(['certified', `${fleet.certified} nodes, ${fleet.revoked} keys revoked`])
  if (fleet.lists_at !== null) {
    const age = ago(Date.now() - Date.parse(fleet.lists_at))
    rows.push([
      'revocations',
      fleet.stale ? `${age}: too old, certificates open no data here` : `as of ${age}`,
    ])
  }
  return table(rows, [
    { title: '', value: ([what]) => what },
    { title: '', value: ([, says]) => says, wrap: true },
  ])
}

/** Without the option it stays as it was. */
export const grantsOf = (option: string | undefined, before: readonly string[]): readonly string[] =>
  option === 'none' ? [] : (commaList(option) ?? before)

/** What the node may give after a renewal, and what is different from before. */
export function grantWords(before: readonly string[], now: readonly string[]): string {
  const list = (roles: readonly string[]): string => roles.map(printable).join(', ')
  const lost = before.filter((role) => !now.includes(role))
  const won = now.filter((role) => !before.includes(role))
  const says = [now.length === 0 ? 'It may give no privileged role.' : `It may give: ${list(now)}.`]
  if (won.length > 0) says.push(`New: ${list(won)}.`)
  if (lost.length > 0) {
    says.push(`No more: ${list(lost)}. Certificates of this issuer with such a role say nothing from now on.`)
  }
  return says.join(' ')
}

const joiningWords = ({ refused, ends_at }: NonNullable<FleetShape['joining']>): string =>
  refused === null
    ? `It looks for its inviter until ${localTime(ends_at)}.`
    : `Its invite was not taken: ${refused}.`

export const commands: readonly Command[] = [init, renew, shown]
