// Checks of other nodes and of this node's standing among them, by what the daemon says.
import type { NetworkInterfaceInfo } from 'node:os'
import { ISSUER_SOON_MS, WHY_OUT } from '../../../api/contract/constants.ts'
import type { DaemonFacts, NamedNode } from '../../../api/contract/shapes.ts'
import { DAY_MS, HOUR_MS } from '../../../base/calendar.ts'
import { ago, formatFingerprint } from '../../../base/format.ts'
import { placesInWords } from '../../../base/places.ts'
import { VERSION } from '../../../base/version.ts'
import { ANOTHER_KEY, revokedWords } from '../../../base/words/revoked.ts'
import { VIRTUAL } from '../../../config/addresses.ts'
import { subnetTest } from '../../../config/domains.ts'
import type { Config } from '../../../config/index.ts'
import { type Checks, configOf, type Finding, fail, ok, skipped, warn, who } from '../check.ts'

/** Waiting time from which there is a warning, so that a person who just installed a node has time to decide. */
const PENDING_LONG_MS = HOUR_MS
/** Nodes of one finding that are named; the rest is counted. */
const NAMED = 8
/** An issuer signs a list each day; a list that is another day late is reported. */
const LIST_OLD_MS = 2 * DAY_MS
/** An issuer renews a node's certificate at two thirds of its life, and other issuers after five sixths. */
const RENEWED_BY = 5 / 6
/** An operator's certificate is renewed by a person, who is asked for it in time. */
const OPERATOR_SOON_MS = 3 * DAY_MS
/** A part of totals is given within minutes of the end of its period; a machine that was off gives it when it is back. */
const GIVEN_MS = HOUR_MS
/** So many late periods are a warning: one may be lost for good with the database of an aggregator. */
const LATE = 2

const NO_MESH = 'this node does not belong to a mesh with a root key'
const INVITE = 'Ask an issuer for an invite: karo join <code>'

export const members = {
  'peers.pending': {
    title: 'waiting nodes',
    what: 'No node has been waiting to be trusted for more than an hour.',
    why: 'A node that waits can neither ask nor answer until somebody trusts or denies it.',
    severity: 'warn',
    looksAt: 'admin',
    fix: 'karo peers trust <node>, or karo peers deny <node>',
    look({ pending }, { now }) {
      const long = pending.filter(({ since }) => now() - Date.parse(since) > PENDING_LONG_MS)
      return [
        ...long.map((node) =>
          warn(
            `${who(node)} has been waiting ${node.certificate_ended ? 'for an invite' : 'to be trusted'} since ${node.since}`,
            node.certificate_ended
              ? 'Its certificate has ended: karo invite on an issuer, then karo join <code> there'
              : `karo peers trust ${node.fingerprint}\nor: karo peers deny ${node.fingerprint}`,
          ),
        ),
        ok(pending.length === 0 ? 'no node waits' : `${pending.length} waiting, none for more than an hour`),
      ]
    },
  },
  'peers.trust': {
    title: 'trust on both sides',
    what: 'Reachable nodes that are trusted here trust this node too.',
    why: 'Two nodes connect only when each trusts the other.',
    severity: 'warn',
    looksAt: 'daemon',
    fix: 'On the other node: karo peers trust <this node>',
    look({ certificate, one_sided }) {
      if (certificate?.why_not)
        return skipped('this node is no longer a member of its mesh: mesh.certificate says what to do')
      return [
        ...one_sided.map((node) => warn(`${who(node)} is trusted here, but does not trust this node`)),
        ok('every trusted node that this node has met trusts it too'),
      ]
    },
  },
  'mesh.path': {
    title: 'large packets',
    what: 'No trusted node had two connections in ten minutes that stalled, and none since that lasted a minute.',
    why: 'A VPN, a tunnel or a firewall that drops large packets, and the ICMP that would tell, lets connections open and nothing more. So does a link that comes and goes.',
    severity: 'warn',
    looksAt: 'daemon',
    fix: 'Let ICMP pass between the two machines, or on this one: sudo ip link set dev <interface> mtu 1280',
    look({ stalled }) {
      const [first] = stalled
      if (first === undefined) return ok('no connection opened and then stalled')
      const { ip = '<its address>' } = first
      return warn(
        `connections opened and then stalled, more than once within the last ten minutes: ${named(stalled)}`,
        `ping -c 3 -M do -s 1400 ${ip}\nif that is lost, and ping -c 3 ${ip} is not: let ICMP pass between the two machines, or on this one: sudo ip link set dev <interface> mtu 1280`,
      )
    },
  },
  'peers.domains': {
    title: 'trusted subnets',
    what: 'No subnet of [trust.domains] is wide, wireless, virtual or shared with others, and none lies in another one.',
    why: 'Every machine with an address in such a subnet is trusted at its level, although nobody has compared its key.',
    severity: 'warn',
    fix: 'Name only subnets that only your machines can join; or trust the nodes by certificate (karo invite) or by key.',
    look: (world) => judgeDomains(configOf(world).trust.domains, world.interfaces()),
  },
  'peers.leaves': {
    title: 'links of leaves',
    what: 'Every leaf has a link. A leaf is a node that trusts at most eight others, such as a machine that trusts only the security node.',
    why: 'A leaf without a link is dialed for each question. If it cannot be dialed, for example because of a firewall, its answer is missing.',
    severity: 'warn',
    looksAt: 'daemon',
    fix: 'Raise overlay.leaves_up_to (at most 900) and restart; or have some of the leaves trust another node as well.',
    look({ mesh: { leaves } }) {
      const { linked, up_to, turned_away: away } = leaves
      if (away.length === 0) return ok(`${linked} linked, of at most ${up_to}`)
      return warn(`all ${up_to} links for leaves are used, so these have no lasting link: ${named(away)}`)
    },
  },
  'peers.twins': {
    title: 'one key, one machine',
    what: 'No other machine uses the key of this node, and no member connects from two addresses by turns, which would mean two machines with one key.',
    why: "A restored backup or a cloned disk runs beside the original: the two machines break each other's connections every few seconds, and contradict each other.",
    severity: 'fail',
    looksAt: 'admin',
    fix: 'Stop the node on the machine that should not have the key. For another node there: karo identity new --replace (with its --home)',
    look: ({ twins: { here, others } }) => [
      ...(here.length > 0
        ? [fail(`two machines use the key of this node: this one, and one at ${here.map(who).join(', ')}`)]
        : []),
      ...others.map((node) =>
        warn(`two machines use the key of ${who(node)}: ${placesInWords(node.places)}`),
      ),
      ok('no other machine was seen with the key of this node or of a member'),
    ],
  },
  'peers.lineage': {
    title: 'one successor of each key',
    what: "No key of a known node has two successors, and nobody but this node has rotated this node's key.",
    why: 'If a key was rotated twice, two people had it, and one of them may be a thief. None of the successors gets data here until somebody decides. If the key of this node was replaced elsewhere, others accept this node for a day at most.',
    severity: 'fail',
    looksAt: 'daemon',
    fix: 'Ask the people of that node for the right fingerprint, then: karo peers trust <its node id>. If it is the key of this node: karo status says what to do.',
    look: ({ frozen, key_taken_by: taken }) => [
      ...(taken === null
        ? []
        : [
            fail(
              `the key of this node was replaced by ${taken}, and this machine does not have that key`,
              'karo status says what to do: an old backup was restored here, or somebody else has the key.',
            ),
          ]),
      ...frozen.map((node) =>
        fail(
          `the key of ${who(node)} has several successors: ${node.between.map((one) => one.node_id).join(', ')}`,
          `Ask the people of that node for the right fingerprint (${node.between.map((one) => one.fingerprint).join(' or ')}), then: karo peers trust <its node id>`,
        ),
      ),
      ok('no key has two successors'),
    ],
  },
  'mesh.certificate': {
    title: 'certificate of this node',
    what: "This node's certificate is valid, and was renewed in time. The certificate of an issuer is valid for another 30 days at least.",
    why: 'The certificate of a node is valid for 30 days, and an issuer renews it from the twentieth day on. After its end nobody admits the node without a new invite. The certificate of an issuer can be renewed only with the root key.',
    severity: 'fail',
    looksAt: 'daemon',
    fix: 'Let this node and an issuer reach each other: karo peers. If it has ended: karo join <code>. On an issuer: karo ca renew, with the root key.',
    look({ certificate, joining }, { now }) {
      if (certificate === null)
        return joining === undefined ? skipped(NO_MESH) : warn(joining, `Mend that, or:\n${INVITE}`)
      const { usage, begins_at, ends_at, why_not, issuers, issuers_there: there } = certificate
      if (begins_at === null || ends_at === null) {
        if (why_not === null) return fail('this node has no certificate of its mesh', 'karo join <code>')
        const [why, fix] =
          why_not === 'revoked'
            ? [revokedWords(certificate.revoked_by), `Another key and another invite: ${ANOTHER_KEY}`]
            : WHY_OUT[why_not]
        return fail(`this node is no longer a member of its mesh: ${why}`, fix)
      }
      const [begins, ends] = [Date.parse(begins_at), Date.parse(ends_at)]
      const until = `is certified until ${ends_at}, ${left(ends - now())}`
      if (usage === 'issuer')
        return ends - now() < ISSUER_SOON_MS
          ? warn(`this issuer ${until}, and only a person can renew it`, 'karo ca renew, with the root key')
          : ok(`this issuer ${until}`)
      return now() - begins > RENEWED_BY * (ends - begins)
        ? warn(
            `this node ${until}, and was not renewed in time (${there} of ${issuers} issuers are connected)`,
          )
        : ok(`this node ${until}; ${there} of ${issuers} issuers are connected`)
    },
  },
  'mesh.lists': {
    title: 'revocation lists',
    what: 'The newest revocation list of the mesh is less than two days old.',
    why: 'An issuer signs a list each day. Without a list for seven days a node cannot know who was revoked, and gives no data to nodes that it trusts by certificate only.',
    severity: 'warn',
    looksAt: 'daemon',
    fix: 'Let this node reach a member or an issuer: karo peers. If no issuer runs any more: karo ca renew, with the root key.',
    look({ lists }, { now }) {
      if (lists === null) return skipped(NO_MESH)
      const age = now() - Date.parse(lists.at)
      const newest = `the newest revocation list is from ${ago(age)}`
      if (lists.stale) return fail(`${newest}: nodes that are trusted by certificate only get no data here`)
      return age > LIST_OLD_MS
        ? warn(`${newest}; after seven days, nodes that are trusted by certificate only get no data`)
        : ok(newest)
    },
  },
  'mesh.totals': {
    title: 'totals of the mesh',
    what: 'This machine has sent its share of the newest period to the aggregators. If it reads totals, releases arrive in time.',
    why: 'A machine that sends nothing counts as absent in every total. While an aggregator is off, its periods are not released.',
    severity: 'warn',
    looksAt: 'daemon',
    fix: 'karo share preview --role <role> shows the share of this machine, what is withheld and why, and the two aggregators; karo peers shows whether these are connected.',
    look({ totals }, { now }) {
      if (totals === undefined) return
      if (totals === null) return skipped('this mesh computes no totals')
      const { ended_at, given, why, late, aggregators, none_yet } = totals
      const found = []
      if (why === 'aggregator_refused')
        found.push(
          warn(
            'this machine sends nothing to the totals, because it refuses one of the two aggregators',
            'karo share preview --role <role> names the aggregators; karo peers explain <node> says why one is refused.',
          ),
        )
      else if (!given && why === null && now() - Date.parse(ended_at) > GIVEN_MS)
        found.push(
          warn(
            `this machine has sent nothing for the period that ended ${ended_at}`,
            'karo logs tail says what went wrong; karo share preview --role <role> shows what it would send.',
          ),
        )
      if (late !== null && late >= LATE) {
        const gone = aggregators.filter(({ there }) => !there).map(who)
        const silent = aggregators.flatMap((one) =>
          one.halves_missing ? `of ${one.halves_missing} only the half of ${who(one)} has not come` : [],
        )
        const known =
          gone.length > 0
            ? `aggregators not connected: ${gone.join(', ')}`
            : ['all aggregators are there', ...silent].join('; ')
        found.push(
          warn(
            `${late} periods of the last seven days were not released here; ${known}`,
            gone.length > 0
              ? 'Start all aggregators and connect them to the mesh: karo peers. Missing periods of the last 7 days are released when they are back.'
              : 'karo query tools --level 2 says why. On the aggregators: karo audit log --type total_released. The root can name others: karo policy sign --aggregator',
          ),
        )
      }
      const part = given ? 'this machine sent its share' : 'this machine has nothing to send'
      const releases = none_yet ? '; no total was released yet' : late === null ? '' : ', and releases arrive'
      return [...found, ok(`${part} of the period until ${ended_at}${releases}`)]
    },
  },
  'operator.login': {
    title: 'your login as an operator',
    what: 'If you are logged in as an operator here, the certificate of that operator is valid for another three days at least.',
    why: 'Your login ends with the certificate, even during your work, and only an issuer can renew it.',
    severity: 'warn',
    looksAt: 'daemon',
    fix: 'On an issuer: karo operator renew <operator>. To ask as this node: karo logout.',
    look({ login = null }, { now }) {
      if (login === null) return ok('you are not logged in as an operator (karo whoami)')
      const { name, fingerprint, ends_at, certificate_ends_at: certificate } = login
      const until = `you ask as ${name} (${formatFingerprint(fingerprint)}) until ${ends_at}, ${left(Date.parse(ends_at) - now())}`
      return certificate !== null && Date.parse(certificate) - now() < OPERATOR_SOON_MS
        ? warn(
            `${until}; the certificate of ${name} ends at ${certificate}`,
            `On an issuer: karo operator renew ${fingerprint}`,
          )
        : ok(until)
    },
  },
  'peers.versions': {
    title: 'versions of others',
    what: 'Connected members run this version of Karo, and speak the same version of the protocol.',
    why: 'An older version may not understand what a newer one sends.',
    severity: 'warn',
    looksAt: 'daemon',
    fix: 'Upgrade the older node: sudo dpkg -i karo_<version>_<arch>.deb',
    look: ({ mesh }) => judgeVersions(mesh.connections, VERSION),
  },
} satisfies Checks

const named = (nodes: readonly NamedNode[]): string =>
  `${nodes.slice(0, NAMED).map(who).join(', ')}${nodes.length > NAMED ? ` and ${nodes.length - NAMED} more` : ''}`

/** Rounded down, so that nobody counts on time that there is not. */
function left(ms: number): string {
  const [days, hours] = [Math.floor(ms / DAY_MS), Math.floor(ms / HOUR_MS)]
  if (days >= 2) return `${days} days left`
  return hours >= 2 ? `${hours} hours left` : 'less than two hours left'
}

export function judgeVersions(
  connections: DaemonFacts['mesh']['connections'],
  own: string,
): Finding | readonly Finding[] {
  const known = connections.filter((one) => one.admitted && one.karo_version !== null)
  if (known.length === 0) return skipped('no other node is connected')
  const protocols = new Set(known.map(({ protocol_version }) => protocol_version))
  return [
    ...known
      .filter(({ karo_version }) => karo_version !== own)
      .map((one) => {
        const order = compareVersions(one.karo_version ?? '', own)
        const which = order === 0 ? 'another version' : `${order > 0 ? 'newer' : 'older'} than this one`
        return warn(
          `${who(one)} runs ${one.karo_version}, ${which} (${own})`,
          `Upgrade Karo on ${order > 0 ? 'this machine' : one.name}.`,
        )
      }),
    ...(protocols.size > 1
      ? [warn(`they speak different versions of the protocol: ${[...protocols].join(', ')}`)]
      : []),
    ok(`${known.length} connected, all ${own}`),
  ]
}

/** By their numbers; 0 for what has the same, or none. */
function compareVersions(a: string, b: string): number {
  const [left = [], right = []] = [a, b].map((text) =>
    (/^\d+(\.\d+)*/.exec(text)?.[0] ?? '').split('.').map(Number),
  )
  const longer = left.length > right.length ? left : right
  return longer.map((_, i) => (left[i] ?? 0) - (right[i] ?? 0)).find((one) => one !== 0) ?? 0
}

/** More addresses than a network of machines that somebody looks after has. */
const WIDE = { four: 22, six: 64 } as const
/** Linux names wireless interfaces so. */
const WIRELESS = /^(wl|wlan)/
type Interfaces = NodeJS.Dict<readonly Pick<NetworkInterfaceInfo, 'address'>[]>

/** Subnets that others can easily join, and subnets that lie in one another. */
export function judgeDomains(
  domains: Config['trust']['domains'],
  interfaces: Interfaces,
): readonly Finding[] {
  if (domains.size === 0) return [ok('no subnet is trusted')]
  const found = [...domains].flatMap(([subnet, { level }]) => {
    if (level === 'untrusted') return []
    const why = whyShared(subnet, interfaces)
    const wider = [...domains.keys()].find((other) => other !== subnet && holds(other, subnet))
    return [
      ...(why ? [warn(`${subnet} has level ${level}, and ${why}`)] : []),
      ...(wider ? [warn(`${subnet} is a part of ${wider}: the narrower subnet decides`)] : []),
    ]
  })
  return [...found, ok(`${domains.size} trusted, none of them wide or shared`)]
}

function whyShared(subnet: string, interfaces: Interfaces): string | undefined {
  const [base = '', length] = subnet.split('/')
  const has = subnetTest(subnet)
  if (has('127.0.0.1') || has('::1')) return 'every person and program of this machine connects from there'
  if (/^169\.254\./.test(base) || /^fe[89ab]/i.test(base))
    return 'every machine that is plugged in gets a link-local address'
  if (/^100\./.test(base)) return 'customers of one provider share such addresses'
  const wide = base.includes(':') ? WIDE.six : WIDE.four
  if (Number(length) < wide) return `a subnet of less than /${wide} holds more machines than anybody knows`
  for (const [name, infos = []] of Object.entries(interfaces)) {
    if (!infos.some(({ address }) => has(address))) continue
    if (WIRELESS.test(name)) return `it is a wireless network here (${name}), which guests may use`
    if (VIRTUAL.test(name)) return `its machines here are containers or virtual (${name})`
  }
  return undefined
}

/** Whether the first subnet holds all of the second. */
function holds(wider: string, narrower: string): boolean {
  const [base = '', length] = narrower.split('/')
  return Number(wider.split('/')[1]) < Number(length) && subnetTest(wider)(base)
}
