// Every stream and every message of Karo: the table from which limits, documentation and vectors follow.
import { defineStream, defineTopic, type Stream, type Topic } from './define.ts'
import { type MessageTable, messageTable } from './frame.ts'
import { AgentEnd, AgentHello, AgentPart, AgentRequest, Holding, ShareLink } from './messages/agent.ts'
import { AuditHead } from './messages/audit.ts'
import { Certificate, RevocationList } from './messages/certificate.ts'
import { Check } from './messages/check.ts'
import { Counted } from './messages/counted.ts'
import { Goodbye, Hello, HelloAck, Ping, Pong } from './messages/hello.ts'
import { NoticeKeys, Notices } from './messages/notices.ts'
import { Delegation } from './messages/operator.ts'
import { PolicyBundle } from './messages/policy.ts'
import { Presence } from './messages/presence.ts'
import { DirectAnswer, MeshQuery, QueryDone, QueryHop, Response } from './messages/query.ts'
import { Release } from './messages/release.ts'
import { KeyRotation } from './messages/rotation.ts'
import { Share } from './messages/share.ts'
import { SealedSummary } from './messages/summary.ts'
import { Heads, SyncBatch, SyncOffer, SyncRequest } from './messages/sync.ts'
import { Tally } from './messages/tally.ts'

export const hello = defineStream({
  id: '/karo/hello/1',
  purpose:
    'Introduces both ends and admits them; then the control stream of the connection, which proves the sender.',
  admits: 'lobby',
  // Three frames admit; a ping and a pong every few seconds, and notices: for a newcomer all there are at once, which are some 110 times
  // what is sent at a time in a mesh of eight thousand members.
  quota: { frames: 200, perMs: 10_000 },
  lifetime: 'link',
  // Both sides send Hello at once; a LAN peer that needs longer than this keeps a lobby place for nothing.
  timeouts: { firstByteMs: 2_000, frameMs: 2_000 },
  // Two of the largest frames, HelloAck and Notices: but for what is new, nothing on this stream is sent faster than it is answered.
  sendBufferBytes: 128 * 1024,
  proof: 'connection',
  messages: { Hello, HelloAck, Ping, Pong, NoticeKeys, Notices, Goodbye },
})

export const query = defineStream({
  id: '/karo/query/2',
  purpose: 'Ask the mesh; answers stream back. The connection proves the sender of hop messages.',
  admits: 'member',
  // A neighbour may stand between this node and the rest of the mesh: it then brings what one author may ask (20
  // questions in ten seconds) of 200 nodes. A hostile one gets 400 frames a second verified: under a tenth of a core.
  quota: { frames: 4_000, perMs: 10_000 },
  lifetime: 'link',
  // Silence is normal until a question comes.
  timeouts: { firstByteMs: null, frameMs: 5_000 },
  // The answers of 200 nodes of 20 KiB each to one question, which a relay may get all at once.
  sendBufferBytes: 4 * 1024 * 1024,
  proof: 'connection',
  // MeshQuery is not among them: it travels inside QueryHop.
  messages: { QueryHop, Response, QueryDone, DirectAnswer },
})

export const sync = defineStream({
  id: '/karo/sync/1',
  purpose: 'Moves documents that a neighbour lacks and may have; it asks for them in bounded steps.',
  admits: 'member',
  // Each side asks at most 40 times a second, and answers as often: 800, and some room.
  quota: { frames: 1_000, perMs: 10_000 },
  lifetime: 'link',
  timeouts: { firstByteMs: null, frameMs: 10_000 },
  // Four of the largest batches: as many requests as a neighbour may have open.
  sendBufferBytes: 1024 * 1024 + 64 * 1024,
  messages: { SyncRequest, SyncOffer, SyncBatch },
})

export const agent = defineStream({
  id: '/karo/agent/1',
  purpose:
    'Agents of another machine: lists, starts, tasks and watches them, and answers what waits for approval.',
  admits: 'member',
  // The asking side sends one frame a stream; an answer of many pieces comes as fast as it is read, so this is the bound of a
  // result of 1 MiB each second.
  quota: { frames: 1_000, perMs: 10_000 },
  lifetime: 'exchange',
  timeouts: { firstByteMs: 5_000, frameMs: 10_000 },
  // A piece is written when the ones before it have left, so this is one request or two pieces.
  sendBufferBytes: 512 * 1024,
  messages: { AgentHello, AgentRequest, AgentPart, AgentEnd },
})

export const artifact = defineStream({
  id: '/karo/artifact/1',
  purpose:
    'Artifacts of another machine that their owners shared: what they consist of, and the pieces that are missing.',
  admits: 'member',
  // A piece takes two frames, so this is the bound of 300 MiB at once and 30 MiB each second after that.
  quota: { frames: 10_000, perMs: 10_000 },
  lifetime: 'exchange',
  timeouts: { firstByteMs: 5_000, frameMs: 10_000 },
  sendBufferBytes: 512 * 1024,
  messages: { AgentHello, AgentRequest, AgentPart, AgentEnd },
})

export const STREAMS: readonly Stream[] = [hello, query, sync, agent, artifact]

export const presences = defineTopic({
  id: '/karo/presences/1',
  purpose: 'Says who is there.',
  // A node says one every few minutes, and more for a while where nodes and links come and go.
  quota: { messages: 20, perMs: 60_000 },
  toldForMs: 24 * 3_600_000,
  waitMs: 8_000,
  kept: 8_192,
  newest: true,
  messages: { Presence },
})

export const heads = defineTopic({
  id: '/karo/heads/1',
  purpose: 'Announces new documents, so that members ask for them within seconds.',
  // A node says at most one a second; the rest is for bursts after a partition.
  quota: { messages: 60, perMs: 30_000 },
  // Who was away for longer learns of documents from the walks and journals of its neighbours.
  toldForMs: 10 * 60_000,
  waitMs: 1_000,
  kept: 2_048,
  messages: { Heads },
})

export const TOPICS: readonly Topic[] = [presences, heads]

/** Every message by its number, including messages that are kept, or carried inside others. */
export const MESSAGES: MessageTable = messageTable([
  Hello,
  HelloAck,
  Ping,
  Pong,
  MeshQuery,
  Response,
  QueryDone,
  QueryHop,
  DirectAnswer,
  SyncRequest,
  SyncOffer,
  SyncBatch,
  SealedSummary,
  Share,
  Tally,
  Check,
  Counted,
  Release,
  Certificate,
  RevocationList,
  PolicyBundle,
  Delegation,
  KeyRotation,
  AuditHead,
  Presence,
  NoticeKeys,
  Notices,
  Heads,
  AgentHello,
  AgentRequest,
  AgentPart,
  AgentEnd,
  ShareLink,
  Holding,
  Goodbye,
])
