// Schema of /doctor: facts for `karo doctor` that only the running daemon knows.
import * as z from 'zod'
import { UNGIVEN } from '../../../exchange/totals/preview.ts'
import { TOKENS_PER_PERSON } from '../constants.ts'
import { count, digest, flag, integer, listOf, moment, named, nodeFields, rowsOf, text } from './fields.ts'
import { fleetState } from './fleet.ts'
import { healthCheck, spool } from './status.ts'
import { token } from './tokens.ts'

const machine = z.strictObject(nodeFields)
const names = (what: string) => listOf(machine, 1024, what)

const offTime = machine.extend({
  clock_off_ms: integer('the other clock minus this one, milliseconds'),
})

const connection = z.strictObject({
  ...machine.shape,
  admitted: flag('both ends have admitted each other'),
  dialed: flag('true: this node opened the connection; false: the other one did'),
  remote: text(64, 'ip:port of the other end, IPv6 without brackets'),
  skew_ms: integer('the other clock minus this one')
    .nullable()
    .describe('null before the first frame of the other node'),
  karo_version: text(32, 'version of the other node')
    .nullable()
    .describe('null before the other node has introduced itself'),
  protocol_version: count('frame version of the other node').nullable(),
})

const multicast = z.strictObject({
  address: text(64, 'own IPv4 address'),
  interface: text(32, 'its interface'),
  not_sent: text(256, "the system's code, e.g. EPERM")
    .nullable()
    .describe('null: the mDNS question was sent'),
  heard_itself: flag('this node received its own question'),
  heard_others: count('other machines of that network from which any mDNS came meanwhile'),
  heard_nodes: count('Karo nodes among them that answered'),
  connected_nodes: count('members that are connected over that network'),
})

const keys = (what: string) => listOf(text(64, 'section and key, mesh.port'), 256, what)

export const doctorFacts = named('DoctorFacts', {
  limited: z
    .literal(true)
    .optional()
    .describe(
      'the caller is no administrator: addresses of other nodes, nodes that wait, configuration and policy files are left out',
    ),
  pid: count('process id of the daemon'),
  uptime_seconds: count('seconds since the process started'),
  version: text(32, 'of Karo'),
  build: text(64, 'version and commit of the program'),
  ready: flag('every check is ok'),
  checks: listOf(healthCheck, 256),
  config: z
    .strictObject({
      reload: keys('keys whose value in the file takes effect with a reload'),
      restart: keys('keys whose value in the file takes effect with a restart'),
      problem: text(4096, 'why the file cannot be used; null if it can').nullable(),
    })
    .describe('how the file differs from what is in force'),
  mesh: z.strictObject({
    listen: listOf(text(256, 'multiaddr'), 256, 'where the mesh listens'),
    mdns: listOf(text(64, 'own IPv4 address'), 256, 'addresses that mDNS uses; empty if it is off'),
    connections: listOf(connection, 4096),
    dialing: listOf(text(64, 'ip:port'), 4096, 'dials under way'),
    leaves: z
      .strictObject({
        linked: count('neighbours that trust few nodes, so that they depend on this link'),
        up_to: count('how many of these links are kept: overlay.leaves_up_to'),
        turned_away: names('such nodes for whose link no place was left here'),
      })
      .describe('nodes that can link with at most eight others'),
  }),
  multicast: listOf(multicast, 256)
    .nullable()
    .describe('null if the request did not ask for it, or the caller is no administrator'),
  pending: listOf(
    machine.extend({
      since: moment('when it was first met'),
      certificate_ended: flag('an invite brings it back'),
    }),
    1024,
    'unknown nodes that wait for a decision',
  ),
  one_sided: names('nodes trusted here that did not trust this node when they were last connected'),
  stalled: listOf(
    machine.extend({
      ip: text(64, 'where it was reached last; only administrators may see this').exactOptional(),
    }),
    1024,
    'trusted nodes with two connections within ten minutes that opened and stalled, and none since that lasted a minute',
  ),
  stale: listOf(
    offTime,
    1024,
    'trusted nodes whose clock is more than five minutes off, so that their frames are refused',
  ),
  stale_strangers: listOf(
    offTime,
    4,
    'nodes that are not known here whose clock is that far off, so that they are not listed as waiting; the last few, for administrators',
  ),
  twins: z
    .strictObject({
      others: listOf(
        machine.extend({ places: listOf(text(512, 'ip:port, with commas'), 8) }),
        1024,
        'nodes whose key is used at different places',
      ),
      here: names("neighbours at which another machine with this node's key takes its place"),
    })
    .describe('one key on two machines, seen within the last ten minutes'),
  frozen: listOf(
    machine.extend({ between: names('the successors of its key') }),
    256,
    'nodes whose key has several successors, between which nobody has decided',
  ),
  key_taken_by: text(80, 'node id')
    .nullable()
    .describe("the successor that somebody else gave to this node's key; null: nobody did"),
  lists: z
    .strictObject({ at: moment('when the newest revocation list was signed'), stale: z.boolean() })
    .nullable()
    .describe('null: this node does not belong to a mesh with a root key'),
  certificate: z
    .strictObject({
      usage: z.enum(['issuer', 'node', 'operator']).nullable(),
      begins_at: moment('from when on it holds').nullable().describe('null: it has none that holds'),
      ends_at: moment('until when it holds').nullable(),
      why_not: fleetState.shape.why_not,
      revoked_by: fleetState.shape.revoked_by,
      issuers: count('other issuers of the mesh that are known here'),
      issuers_there: count('of these, nodes that were heard of lately'),
    })
    .nullable()
    .describe("this node's own in its mesh; null: it is in no mesh of a root"),
  totals: z
    .strictObject({
      ended_at: moment('end of the newest period that is over; before that, of the first'),
      given: flag('this machine has given its part of it'),
      why: z.enum(UNGIVEN).nullable().describe('why it gives nothing of it; null: it does'),
      late: count('periods of the last seven days, since the first release, that were not released')
        .nullable()
        .describe('null: this node reads no totals, or none was released yet'),
      none_yet: z.literal(true).describe('this node reads totals, and none was released yet').optional(),
      aggregators: listOf(
        z.strictObject({
          ...machine.shape,
          there: flag('it was heard of lately'),
          halves_missing: count('late periods of which only its half has not come here').optional(),
        }),
        16,
        'aggregators of that period and of late ones',
      ),
    })
    .nullable()
    .describe('null: the mesh computes no totals; absent: they could not be read')
    .optional(),
  joining: text(1_000, 'what became of an invite that did not let this node in yet').optional(),
  login: z
    .strictObject({
      name: text(64, 'of the operator'),
      fingerprint: machine.shape.fingerprint,
      ends_at: moment('when the login ends'),
      certificate_ends_at: moment("until when the operator's certificate holds").nullable(),
    })
    .nullable()
    .describe('as whom the caller asks; null: as the node'),
  store_problem: text(4096, 'error of the database').nullable().describe('null: the database can be written'),
  store_bytes: count('bytes of the database on disk, to the next MiB'),
  spool: spool.extend({
    unfollowed: listOf(
      z.strictObject({ uid: count('owner of the files'), files: count('spool files that wait') }),
      64,
      'people who have more spool files than the daemon follows for one person; administrators see everybody, others only themselves',
    ),
  }),
  retention_waits_ms: count(
    'milliseconds by which retention lags behind the clock, because the clock jumped; 0: it does not lag',
  ),
  policy: z
    .strictObject({
      files: listOf(z.strictObject({ path: text(4096, 'absolute'), digest: digest('of its bytes') }), 64),
      problem: text(4096, 'why a reload could not put them into force').nullable(),
    })
    .describe('policy files in force')
    .optional(),
  summaries: z.strictObject({
    recipients: count('nodes that may read the summaries'),
    last: moment('when the newest edition was made').nullable(),
  }),
  people_held: count('people whose data is held back; only administrators may see this').optional(),
  forward: rowsOf(
    8,
    {
      to: text(4_096, 'the entry of forward.to'),
      waiting: count('entries of the ledger that the target does not have yet'),
      missed: count('entries that were removed before they were sent, told for a month'),
      problem: text(1_024, 'why nothing is sent now').nullable(),
    },
    'where the ledger is sent; only administrators may see this',
  ).optional(),
  traces: text(1_024, 'why traces are lost; only administrators may see this').nullable().optional(),
  tokens_ending: listOf(
    z.strictObject({
      name: token.shape.name,
      scope: token.shape.scope,
      expires_at: token.shape.expires_at,
    }),
    TOKENS_PER_PERSON,
    "the caller's tokens that end within 14 days",
  ),
  http: z
    .strictObject({ host: text(64, 'loopback'), port: count('TCP port') })
    .nullable()
    .describe('where this API listens beside the control socket; null: nowhere'),
})

export type DaemonFacts = z.infer<typeof doctorFacts>
export type ConnectionFacts = z.infer<typeof connection>
export type MulticastFacts = z.infer<typeof multicast>
export type NamedNode = z.infer<typeof machine>

export const getDoctorQuery = z.strictObject({
  multicast: flag(
    'also try multicast, for administrators: send a question on every interface that mDNS may use, and listen for two seconds',
  ).default(false),
})

const finding = z.strictObject({
  id: text(64, 'name of the check'),
  title: text(256, 'what was checked'),
  outcome: z.enum(['skipped', 'ok', 'warn', 'fail']),
  detail: text(8_192, 'one sentence or several, for a person'),
  fix: text(8_192, 'what to do; several lines are several commands').exactOptional(),
  why: text(2_048, 'why it matters').exactOptional(),
})
const findings = () => listOf(finding, 256)

export const leaveFindingsBody = z.strictObject({ checks: findings() })
export const findingsLeft = z.strictObject({ kept: count('findings that are kept') })
export const doctorFindings = named('DoctorFindings', {
  at: moment('when karo doctor ran last').nullable().describe('null: not since the daemon started'),
  checks: findings(),
})
export type FindingsShape = z.infer<typeof doctorFindings>
