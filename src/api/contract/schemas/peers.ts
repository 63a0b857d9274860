// Schemas of /peers: known nodes, and how far each is trusted.
import * as z from 'zod'
import { LINKS_MAX } from '../../../../protocols/messages/presence.ts'
import {
  count,
  fingerprint,
  flag,
  integer,
  labels,
  listOf,
  moment,
  named,
  nodeFields,
  oneOf,
  someText,
  text,
  trustLevel,
  who,
} from './fields.ts'

/** Sources of a trust level. */
const TRUST_SOURCES = [
  'config',
  'tofu',
  'certificate',
  'invite',
  'domain',
  'frozen',
  'rotated',
  'default',
] as const

const peer = named('Peer', {
  ...nodeFields,
  name_chosen: flag(
    'true: people or the configuration here call it so; false: the node gave itself the name',
  ).optional(),
  trust_level: trustLevel(),
  standing: oneOf(
    ['stranger', 'known', 'member'],
    'stranger: only its key is known; known: a member spoke of it; member: this node admits it',
  ).optional(),
  roles: labels('roles of the node on this machine'),
  teams: labels('teams of the node on this machine'),
  why: oneOf(TRUST_SOURCES, 'the source that decided the trust level'),
  decided_at: moment('with `tofu`: when a person of this machine decided').optional(),
  addresses: listOf(
    text(256, 'multiaddr'),
    8,
    'addresses at which the node was met, newest first; only administrators may see this',
  ),
  state: oneOf(
    ['connected', 'known', 'missing', 'pending', 'denied', 'revoked'],
    'missing: the node has a certificate that holds or ended at most 30 days ago, and is not there',
  ),
  certified_until: moment('when its certificate ends').optional(),
  certificate_ended: flag('an invite brings it back; an issuer: karo ca renew').optional(),
  owner: text(64, 'who has the machine, as its certificate says').optional(),
  certifies: count('of an issuer: nodes with a certificate that it signed and that holds').optional(),
  last_seen: moment('when the node was last met; null if never').nullable(),
  known_by: z
    .enum(['link', 'gossip'])
    .nullable()
    .describe('gossip: an admitted member told of it; link: it was connected here; null: it is not a member'),
  through: fingerprint()
    .optional()
    .describe('with `gossip`: the member that first told of it, which need not be connected now'),
  presence: z
    .enum(['online', 'unsure', 'offline'])
    .nullable()
    .describe('unsure: its connection broke without a goodbye; null: it is not a member'),
  apart: oneOf(
    ['clock', 'not_trusted_there', 'encryption', 'stalls', 'links_full', 'links_full_there'],
    'why a trusted node has no link here, if this node knows. clock: its clock is more than five minutes off, so it is refused; not_trusted_there: it does not trust this node; encryption: its setting transport.security is another one; stalls: connections to it open and then carry nothing; links_full: it trusts few nodes, and this one keeps the links of overlay.leaves_up_to others; links_full_there: the other way round',
  ).optional(),
  links: listOf(
    fingerprint(),
    LINKS_MAX,
    'neighbours that an admitted node named when it last told of itself, minutes ago: its own word; absent: it named none, or is offline',
  ).optional(),
  twin_places: listOf(
    text(512, 'ip:port, with commas'),
    8,
    'its key is used on two machines: where they were seen within the last ten minutes',
  ).optional(),
  clock_off_ms: integer('with `clock`: its clock minus this one, milliseconds').optional(),
})
export type PeerShape = z.infer<typeof peer>

export const peerList = named('PeerList', {
  peers: listOf(peer).describe('nodes that wait for a decision come first'),
})

const step = z.strictObject({
  source: z.enum([...TRUST_SOURCES, 'denied', 'revoked']),
  says: text(4096, 'for people'),
  decides: flag('true for the one step that decided'),
})

export const peerAnswer = named('PeerAnswer', {
  peer,
  revoked_in: oneOf(
    ['here', 'mesh'],
    'of a revocation. mesh: this node is an issuer, so every member is told',
  ).exactOptional(),
  received: z
    .strictObject({
      summaries: count(
        'summaries of this node that it could open until now; what it has read it may have kept',
      ),
      emptied: count('of these, replaced by editions without it'),
      fetched: count('of these, fetched by it before its connection was closed'),
    })
    .exactOptional()
    .describe('of a denial or a revocation: what the other side received from this node'),
  spread: z
    .strictObject({
      linked: count('members that are linked to this node'),
      have: count('of these, members that had fetched the list within three seconds'),
    })
    .optional()
    .describe('of a revocation in the mesh: who has the list that names the key, besides this node'),
  steps: listOf(step, 16, 'the sources that were asked, strongest first').exactOptional(),
})
export type PeerAnswerShape = z.infer<typeof peerAnswer>

export const whoOnly = z.strictObject({ who: who() })

export const trustPeerBody = whoOnly.extend({
  level: trustLevel().exactOptional(),
  name: someText(64, 'name of the node on this machine').exactOptional(),
  roles: labels('replaces its roles').exactOptional(),
  teams: labels('replaces its teams').exactOptional(),
})
