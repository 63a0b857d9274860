// Schema of what only the running daemon can tell the checks of `karo doctor`: /doctor.
import * as z from 'zod'
import { TOKENS_PER_PERSON } from '../constants.ts'
import { count, digest, fingerprint, integer, listOf, moment, nodeId, nodeName, text } from './fields.ts'
import { healthCheck } from './status.ts'
import { token } from './tokens.ts'

const named = z.strictObject({ node_id: nodeId(), fingerprint: fingerprint(), name: nodeName() })
const names = (what: string) => listOf(named, 1024).describe(what)

const connection = z.strictObject({
  ...named.shape,
  admitted: z.boolean().describe('by both ends'),
  dialed: z.boolean().describe('by this node; else by the other'),
  remote: text(64, 'ip:port of the other end, IPv6 without brackets'),
  skew_ms: integer('the other clock minus this one').nullable().describe('null before it has said anything'),
  karo_version: text(32, 'as it says').nullable().describe('null before it has introduced itself'),
  protocol_version: count('of the frame, as it says').nullable(),
})

const multicast = z.strictObject({
  address: text(64, 'own IPv4 address'),
  interface: text(32, 'its interface'),
  not_sent: text(256, "the system's code, e.g. EPERM").nullable().describe('null: the question went out'),
  heard_itself: z.boolean().describe('the question came back'),
  heard_others: count('others on that network that said anything by mDNS meanwhile'),
  heard_nodes: count('those of them that answered for Karo'),
  connected_nodes: count('members that are connected over that network, and so are there'),
})

const keys = (what: string) => listOf(text(64, 'section and key, mesh.port'), 256).describe(what)

export const doctorFacts = z
  .strictObject({
    pid: count('process id of the daemon'),
    uptime_seconds: count('since its process started'),
    version: text(32, 'of Karo'),
    build: text(64, 'version and commit of the program').exactOptional(),
    ready: z.boolean().describe('every check is ok'),
    checks: listOf(healthCheck, 256),
    config: z
      .strictObject({
        reload: keys('their value in the file waits for a reload'),
        restart: keys('their value in the file waits for a restart'),
        problem: text(4096, 'why the file cannot be used now').nullable(),
      })
      .describe('how the file differs from what is in force'),
    mesh: z.strictObject({
      listen: listOf(text(256, 'multiaddr'), 256).describe('where the mesh listens'),
      mdns: listOf(text(64, 'own IPv4 address'), 256).describe('where mDNS is spoken from; empty: it is off'),
      connections: listOf(connection, 4096),
      dialing: listOf(text(64, 'ip:port'), 4096).describe('dials under way'),
    }),
    multicast: listOf(multicast, 256).nullable().describe('null: it was not asked for'),
    pending: listOf(named.extend({ since: moment('when it was first met') }), 1024).describe(
      'strangers nobody has decided about',
    ),
    one_sided: names('trusted here; when last connected they did not trust this node'),
    stale: listOf(
      named.extend({ clock_off_ms: integer('the other clock minus this one, milliseconds') }),
      1024,
    ).describe('trusted here; their clock is more than five minutes away, so their frames are refused'),
    twins: z
      .strictObject({
        others: listOf(named.extend({ places: listOf(text(512, 'ip:port, with commas'), 8) }), 1024).describe(
          'members that come by turns from different places: two machines have one key',
        ),
        here: names('neighbours at which somebody else with the key of this node takes its place'),
      })
      .describe('one key on two machines, seen within the last ten minutes'),
    store_problem: text(4096, 'what the database said').nullable().describe('null: it keeps what is written'),
    store_bytes: count('bytes of the database on disk, to the next MiB'),
    spool: z.strictObject({
      pending_bytes: count(
        'bytes that shells wrote and that are no events yet; whole steps of 64 KiB but for administrators',
      ),
      dropped: count('commands that were lost before they reached the daemon'),
      unfollowed: listOf(
        z.strictObject({ uid: count('whose they are'), files: count('spool files that wait') }),
        64,
      ).describe(
        'people whose spool files are not all followed, because that share is full; administrators see everybody, others themselves',
      ),
    }),
    retention_waits_ms: count(
      'what is older than retention asks for is removed as if it were so much earlier: the clock leapt; 0: it is not',
    ),
    policy: z
      .strictObject({
        files: listOf(z.strictObject({ path: text(4096, 'absolute'), digest: digest('of its bytes') }), 64),
        problem: text(4096, 'why a reload could not put them into force').nullable(),
      })
      .describe('policy files in force')
      .exactOptional(),
    summaries: z.strictObject({
      recipients: count('nodes that may read them'),
      last: moment('when the newest edition was made').nullable(),
    }),
    tokens_ending: listOf(
      z.strictObject({
        name: token.shape.name,
        scope: token.shape.scope,
        expires_at: token.shape.expires_at,
      }),
      TOKENS_PER_PERSON,
    )
      .describe("the caller's tokens that end within 14 days")
      .exactOptional(),
    http: z
      .strictObject({ host: text(64, 'loopback'), port: count('TCP port') })
      .nullable()
      .describe('where this API listens beside the control socket; null: nowhere'),
  })
  .meta({ id: 'DoctorFacts' })

export type DaemonFacts = z.infer<typeof doctorFacts>
export type ConnectionFacts = z.infer<typeof connection>
export type MulticastFacts = z.infer<typeof multicast>
export type NamedNode = z.infer<typeof named>
export type PendingNode = DaemonFacts['pending'][number]

export const getDoctorQuery = z.strictObject({
  multicast: z
    .boolean()
    .default(false)
    .describe('try multicast too: asks on every interface mDNS may speak on, and listens for two seconds'),
})
