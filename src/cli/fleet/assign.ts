// karo ca assign: signs new certificates for machines, with other roles or teams, or unchanged because another issuer
// signed the last ones.
import { assignNode, getAssignable } from '../../api/contract/operations/fleet.ts'
import { explainPeer } from '../../api/contract/operations/peers.ts'
import { EXIT, KaroError } from '../../base/errors.ts'
import { formatFingerprint, printable } from '../../base/format.ts'
import { toldRole } from '../../base/words/roles.ts'
import { type CommandIo, defineCommand, show } from '../command.ts'
import { ASSIGNED, assignedBy, nodesOf } from '../input/values.ts'
import { confirm } from '../terminal/confirm.ts'
import { type Columns, table } from '../terminal/table.ts'
import { fitted } from '../terminal/text.ts'
import { usage } from '../usage.ts'

const WHERE = 'karo ca assign'

/** One machine, with its present roles and teams as far as this node knows. */
interface Machine {
  /** As the daemon is asked. */
  readonly who: string
  readonly name: string
  readonly fingerprint: string
  readonly roles: readonly string[]
  readonly teams: readonly string[]
}

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
    if (nodes.length > 0) return nodes.map((node) => ({ ...node, who: node.node_id }))
    throw new KaroError('not_found', 'no machine with a certificate of that issuer can get a new one', {
      hint: 'karo peers shows the machines of the mesh.',
    })
  }
  const named = nodesOf(words)
  if (named.length === 0) {
    throw usage('no machine is named', WHERE, 'Name machines, or choose all of one issuer: --of <issuer>.')
  }
  // One that is named alone is not asked about, so that the issuer itself can be named, and is refused with the reason.
  if (named.length === 1)
    return named.map((who) => ({ who, name: '', fingerprint: '', roles: [], teams: [] }))
  const found: Machine[] = []
  for (const who of named) {
    const { peer } = await io.call(explainPeer, { query: { who } })
    found.push({ ...peer, who: peer.node_id })
  }
  return [...new Map(found.map((one) => [one.who, one])).values()]
}

export const assign = defineCommand('ca assign', {
  summary:
    'sign new certificates for machines, with the same or other roles and teams; the machines may be off',
  shows: assignNode,
  json: 'the answer for one node; for several, or with --of, {"certificates": […], "failed": […]}',
  args: {
    node: {
      optional: true,
      variadic: true,
      description: 'their ids, names, or fingerprints',
      completes: 'node',
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
    'karo ca assign eng-2 --role none': 'takes all its roles away',
    'karo ca assign eng-2 --name eng-7': 'the machine has another name since it joined',
    'karo ca assign --of hq': 'moves all machines of hq to this issuer, with their roles and teams',
  },
  async run(io, { args, options }) {
    const { owner, name } = options
    const changed = {
      ...(name !== undefined && { name }),
      ...assignedBy(options),
      ...(owner !== undefined && { owner: owner === 'none' ? '' : owner }),
    }
    const chosen = await machines(io, args.node, options.of)
    const [only] = chosen
    if (chosen.length === 1 && only !== undefined && options.of === undefined) {
      const answer = await io.call(assignNode, { body: { who: only.who, ...changed } })
      return show(io, answer, () => fitted(`${assignedWords(answer.certificate)}\n${SPREADS}\n`, io.columns))
    }
    if (name !== undefined) throw usage('--name is for one machine', WHERE)
    if (!io.json && options.yes !== true) {
      io.out(
        table(
          io,
          chosen.map((one) => ({ ...one, ...changed })),
          COLUMNS,
        ),
      )
      io.out('They would get these roles and teams from this issuer.\n')
    }
    const question = `Sign a new certificate for ${chosen.length === 1 ? 'this machine' : `each of these ${chosen.length} machines`}?`
    if (!(await confirm(io, question, { yes: options.yes, shows: assignNode, where: WHERE }))) {
      io.out('Nothing was changed.\n')
      return EXIT.failed
    }
    return assignAll(io, chosen, changed)
  },
})

type Certificate = Awaited<ReturnType<typeof certify>>
interface Changed {
  name?: string
  roles?: string[]
  teams?: string[]
  owner?: string
}
const certify = async (io: CommandIo, who: string, changed: Changed) =>
  (await io.call(assignNode, { body: { who, ...changed } })).certificate

const SPREADS = 'Members that are connected know within seconds.'
const assignedWords = ({ name, roles, teams, owner }: Certificate): string =>
  `${printable(name)} has a new certificate: roles ${roles.map(toldRole).join(', ') || 'none'}; teams ${list(teams)}${owner === undefined ? '' : `; owner ${printable(owner)}`}.`

/** Certifies the machines one after the other; a machine that is refused does not stop the ones after it. */
async function assignAll(io: CommandIo, chosen: readonly Machine[], changed: Changed) {
  const certificates: Certificate[] = []
  const failed: { readonly node_id: string; readonly name: string; readonly why: string }[] = []
  for (const { who, name } of chosen) {
    try {
      const certificate = await certify(io, who, changed)
      certificates.push(certificate)
      if (!io.json) io.out(fitted(`${assignedWords(certificate)}\n`, io.columns))
    } catch (error) {
      if (!(error instanceof KaroError)) throw error
      failed.push({ node_id: who, name, why: error.message })
      if (!io.json) io.err(`${printable(name) || who} keeps its certificate: ${error.message}\n`)
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
