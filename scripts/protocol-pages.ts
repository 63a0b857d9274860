// What is published about the wire, derived from protocols/registry.ts: docs/protocols.md and the JSON Schemas.
import { z } from 'zod'
import { ANSWER_BYTES } from '../protocols/answer.ts'
import type { Message, Stream, Topic } from '../protocols/define.ts'
import { REJECTIONS } from '../protocols/frame.ts'
import type { BinaryBounds } from '../protocols/messages/fields.ts'
import { sealedAnswer } from '../protocols/messages/query.ts'
import { nodeSummary, SUMMARY_BYTES } from '../protocols/messages/summary.ts'
import { MESSAGES, STREAMS, TOPICS } from '../protocols/registry.ts'
import { MAX_DEPTH, MAX_ITEMS, MAX_KEY_BYTES } from '../protocols/scan.ts'

/** The part of JSON Schema that ours use. */
interface Schema {
  type?: string
  description?: string
  properties?: Record<string, Schema>
  required?: string[]
  items?: Schema
  oneOf?: Schema[]
  enum?: (string | number)[]
  const?: string | number
  minimum?: number
  maximum?: number
  minLength?: number
  maxLength?: number
  maxItems?: number
  pattern?: string
  readOnly?: boolean
  binary?: BinaryBounds
}

/** The latest moment that a Date can be, in milliseconds. */
const LAST_MOMENT = 8_640_000_000_000_000

/** JSON has no bytes: a bin is described as the hex digits it would be written with. */
function jsonSchema(schema: z.ZodType): Schema {
  return z.toJSONSchema(schema, {
    // Unknown members are ignored, not refused: what is published is what a decoder accepts.
    io: 'input',
    unrepresentable: 'any',
    override: ({ jsonSchema: made }) => {
      const node = made as Schema & Record<string, unknown>
      delete node.readOnly
      if (node.binary === undefined) return
      node.type = 'string'
      node.contentEncoding = 'base16'
      node['x-messagepack'] = 'bin'
      node.minLength = node.binary.minBytes * 2
      node.maxLength = node.binary.maxBytes * 2
      delete node.binary
    },
  }) as Schema
}

const between = (low: number | string | undefined, high: number | string | undefined): string =>
  low === high ? `${low}` : `${low}–${high}`

/** One line about a field's type and bounds, in the short forms that the page explains. */
function kind(schema: Schema): string {
  if (schema.oneOf !== undefined) return 'one of these maps'
  if (schema.const !== undefined) return `\`${schema.const}\``
  if (schema.enum !== undefined) return schema.enum.map((item) => `\`${item}\``).join(' · ')
  if ('x-messagepack' in schema) return `bin ${between(schema.minLength! / 2, schema.maxLength! / 2)}`
  if (schema.type === 'array') return `≤${schema.maxItems} × ${kind(schema.items!)}`
  if (schema.type === 'object') return 'map'
  if (schema.type === 'integer') {
    if (schema.minimum === 0 && schema.maximum === Number.MAX_SAFE_INTEGER) return 'int'
    if (schema.minimum === 0 && schema.maximum === LAST_MOMENT) return 'ms'
    return schema.minimum === Number.MIN_SAFE_INTEGER
      ? 'int, also negative'
      : `int ${between(schema.minimum, schema.maximum)}`
  }
  if (schema.type === 'string') return schema.maxLength === undefined ? 'text' : `text ≤${schema.maxLength}`
  return schema.type ?? 'any'
}

/** What a field means. That a moment is in milliseconds its type says already. */
const meaning = ({ description = '' }: Schema): string =>
  description.replace(/(^|, )milliseconds since the Unix epoch$/, '')

/** Table rows of a map and the maps in it; `prefix` is the way there, like `tools[].`. */
function fieldRows(schema: Schema, prefix = '', names = Object.keys(schema.properties ?? {})): string[] {
  const rows = names.flatMap((name) => {
    const field = schema.properties![name]!
    const isOptional = schema.required?.includes(name) !== true
    const path = `${prefix}${name}`
    const within = [
      ...fieldRows(field, `${path}.`),
      ...choiceRows(field.oneOf, `${path}.`),
      ...(field.items === undefined ? [] : itemRows(field.items, `${path}[].`)),
    ]
    // What is within a map says that it is one.
    const isTold = kind(field) === 'map' && meaning(field) === '' && !isOptional
    return isTold
      ? within
      : [`| \`${path}\`${isOptional ? '?' : ''} | ${kind(field)} | ${meaning(field)} |`, ...within]
  })
  const told: string[] = []
  for (const row of rows) {
    const [name, rest] = [row.slice(2, row.indexOf(' | ')), row.slice(row.indexOf(' | '))]
    const last = told.at(-1) ?? ''
    // Members of one map about which nothing but one and the same type is said share a row.
    if (rest.endsWith(' |  |') && last.endsWith(rest) && parentOf(last) === parentOf(row))
      told[told.length - 1] = `${last.slice(0, -rest.length)}, ${name}${rest}`
    else told.push(row)
  }
  return told
}

/** The way to the map whose member a row begins with. */
const parentOf = (row: string): string => row.slice(3, row.indexOf('`', 3)).replace(/[^.]*$/, '')

const itemRows = (items: Schema, prefix: string): string[] => [
  ...fieldRows(items, prefix),
  ...choiceRows(items.oneOf, prefix),
]

/**
 * Rows of the maps of which a field is one: what all have in common once, and then, for each, the member that tells it from the
 * others with what it has besides. Maps that differ in that member alone share their rows.
 */
function choiceRows(choices: readonly Schema[] = [], prefix = ''): string[] {
  const [first] = choices
  if (first === undefined) return []
  const rowsOf = (choice: Schema, name: string): string =>
    name in choice.properties! ? fieldRows(choice, prefix, [name]).join('\n') : ''
  const names = Object.keys(first.properties!)
  const shared = names.filter((name) =>
    choices.every((choice) => rowsOf(choice, name) === rowsOf(first, name)),
  )
  const teller = names.find(
    (name) => !shared.includes(name) && /const|enum/.test(Object.keys(first.properties![name]!).join()),
  )!
  const told = new Map<string, string[]>()
  for (const choice of choices) {
    const own = Object.keys(choice.properties!).filter((name) => name !== teller && !shared.includes(name))
    const rows = fieldRows(choice, prefix, own).join('\n')
    told.set(rows, [...(told.get(rows) ?? []), kind(choice.properties![teller]!)])
  }
  return [
    ...fieldRows(first, prefix, shared),
    ...[...told].flatMap(([rows, values]) => [
      `| \`${prefix}${teller}\` | ${values.join(' · ')} | ${rows === '' ? '' : 'with:'} |`,
      ...(rows === '' ? [] : [rows]),
    ]),
  ]
}

const FIELD_HEAD = ['| field | type | meaning |', '| --- | --- | --- |']
const number = (type: number): string => `0x${type.toString(16).toUpperCase().padStart(4, '0')}`
const size = (bytes: number): string => (bytes % 1024 === 0 ? `${bytes / 1024} KiB` : `${bytes} B`)

function messageSection(message: Message): string[] {
  const rows = fieldRows(jsonSchema(message.body))
  return [
    `### ${number(message.type)} ${message.name}`,
    '',
    message.purpose,
    '',
    `Payload at most ${size(message.limit)}; ${message.carried === 'hop' ? 'a hop message' : 'a document'}.`,
    '',
    ...FIELD_HEAD,
    ...rows,
    '',
  ]
}

function streamRow(stream: Stream): string {
  const { frames, perMs } = stream.quota
  const { firstByteMs, frameMs } = stream.timeouts
  const messages = Object.values(stream.messages).map((message) => message.name)
  return `| \`${stream.id}\` | ${stream.purpose} | ${stream.admits} | ${stream.lifetime} | ${frames} frames per ${
    perMs / 1000
  } s | ${firstByteMs === null ? 'none' : `${firstByteMs} ms`} / ${frameMs} ms | ${size(stream.sendBufferBytes)} | ${messages.join(', ')} |`
}

/** Streams whose hop messages rest on the connection. */
const PROVEN = STREAMS.filter(({ proof }) => proof === 'connection').map(({ id }) => `\`${id}\``)

function topicRow(topic: Topic): string {
  const { messages, perMs } = topic.quota
  const names = Object.values(topic.messages).map((message) => message.name)
  const told = `${topic.toldForMs / 60_000} minutes${topic.newest === true ? ', the newest' : ''}`
  return `| \`${topic.id}\` | ${topic.purpose} | ${messages} messages per ${perMs / 1000} s | ${told} | ${names.join(', ')} |`
}

/** Ranges of message numbers. A number that no message has is kept for later parts of the protocol; nothing else may take it. */
const RESERVED: readonly (readonly [string, string])[] = [
  ['0x0003', 'capabilities that changed after Hello'],
  ['0x0210 – 0x0215', 'private aggregation'],
  ['0x0300 – 0x0306', 'key rotation, certificates, revocations, delegations, policy'],
  ['0x0500 – 0x05FF', 'control of agents'],
  ['0x0600 – 0x060F', 'artifacts'],
]

/** The text of docs/protocols.md. */
export function protocolsPage(): string {
  const messages = [...MESSAGES.values()].sort((a, b) => a.type - b.type)
  return `${[
    '# The wire protocol',
    '',
    '<!-- Generated from protocols/registry.ts by `npm run docs`; a test fails when the two differ. -->',
    '',
    'For implementers and auditors. Everything that crosses the network is a frame. Each message is defined once, in',
    '`protocols/`; this page and JSON Schemas (`npm run reference`; packages bring them) are generated from there.',
    '`test/vectors/frames.json` holds the golden bytes of every message, made by an independent encoder.',
    '',
    'Terms: a *peer* is the other end of a connection. The *author* of a document signed it. The *asker* asks a question, the',
    '*owner* of numbers answers it. A *neighbour* is a member that this node has a link with.',
    '',
    '## The frame',
    '',
    '```',
    'offset     bytes',
    '     0         4  magic      "KARO" 4B 41 52 4F',
    '     4         2  version    1, big-endian like all three',
    '     6         4  length     of the payload',
    '    10         2  type       message number',
    '    12    length  payload    MessagePack map: sender, ts, nonce, seq, trace?, body',
    '12+length     64  signature  Ed25519 by the sender over version, length, type and payload',
    '```',
    '',
    '| member of the payload | holds |',
    '| --- | --- |',
    '| `sender` | Ed25519 public key (bin, 32) |',
    '| `ts` | the sender’s clock in milliseconds |',
    '| `nonce` | 16 random bytes |',
    '| `seq` | an integer |',
    '| `trace` (optional) | 16 bytes that connect log lines of several nodes |',
    '| `body` | the message’s map |',
    '',
    'There are two kinds of messages:',
    '',
    '- A *hop* message is signed by the peer on the stream. Its clock may differ by five minutes at most, its nonce must be new,',
    '  and its `seq` must grow.',
    '- A *document* may travel through other nodes. Its own signature and validity decide. Its `seq` is 0. Documents are signed by',
    '  their authors on every stream.',
    '',
    `On ${PROVEN.join(' and ')} the connection proves the sender, so a hop message has 64 zero bytes in place of its signature,`,
    'and its nonce is not remembered:',
    '',
    '- The handshake of Noise or TLS has proven the key at the other end, and `sender` must be that key.',
    '- An encrypted connection cannot be replayed, on itself or on another one. `seq` must grow, and the clock is compared.',
    '- A hop message with a signature is refused there, so that each message has one form.',
    '',
    'MessagePack is canonical: map keys are printable ASCII of at most ' +
      `${MAX_KEY_BYTES} bytes, sorted and unique; integers (at most 53`,
    'bits) and lengths are in their shortest form; there are no floats and no extension types; nesting is at most ' +
      `${MAX_DEPTH}, values`,
    `at most ${MAX_ITEMS}, keys included. Members that a message does not name are ignored.`,
    '',
    'How each message of a question is authenticated:',
    '',
    '| message | by | who could lie |',
    '| --- | --- | --- |',
    '| MeshQuery, inside QueryHop | signature of its author, at every node | nobody on the way |',
    '| QueryHop, QueryDone | the connection | the neighbour about itself: coverage never counts what it says |',
    '| DirectAnswer | the connection: it goes from its owner to the asker, who asked without an operator, and to nobody else | its owner |',
    '| Response | signature of its owner, sealed to the key of the question | its owner; a relay can drop it, which coverage shows |',
    '',
    '## How a question travels',
    '',
    '```',
    'direct, a link to everybody            echo, over every link               tree, the next questions',
    'asker ── QueryHop, hops 16 ─▶ owner    asker ── QueryHop ─▶ a ─▶ b ─▶ …    the same with `tree`: only over links that the',
    'asker ◀── DirectAnswer ────── owner    asker ◀─ DirectAnswer ── a          named echo has left. Each node gets one copy',
    '                                       asker ◀─ Response of b ─ a ◀─ b     and sends one QueryDone: n − 1 of each.',
    '                                       asker ◀─ QueryDone ───── a ◀─ b     Then missing nodes are dialed, or an echo follows.',
    '```',
    '',
    'A node that has lost the neighbour above it in a tree sends QueryDone with `graft` to neighbours outside of the tree.',
    '[Questions travel as echoes](decisions/questions-travel-as-echoes.md) says why, and what a relay that lies can do.',
    '',
    '## Why a frame is refused',
    '',
    'Checks run in this order, the cheapest first: magic, version, length against the type’s limit, type, scan and unpack,',
    'envelope, signature, clock, nonce and sequence, body. The peer sees silence or a reset stream; the node counts the refusal by code.',
    '',
    '| code | meaning |',
    '| --- | --- |',
    ...Object.entries(REJECTIONS).map(([code, meaning]) => `| \`${code}\` | ${meaning} |`),
    '',
    '## Streams',
    '',
    '| id | purpose | open to | lifetime | quota per peer | first byte / whole frame | send buffer | messages |',
    '| --- | --- | --- | --- | --- | --- | --- | --- |',
    ...STREAMS.map(streamRow),
    '',
    '## Topics',
    '',
    'What is told to all members travels as notices, over the control streams of neighbours (NoticeKeys, Notices). Each notice is one',
    'document frame. A neighbour that finds it valid tells others of it. Its clock may be five minutes ahead of the reader’s, whoever',
    'brought it, and five minutes more behind than it is told for. A notice is named by the fingerprint of its author where only the newest',
    'of each author counts, and by the first eight bytes of the BLAKE3 of its frame otherwise.',
    '',
    '| id | purpose | quota per author | told for | messages |',
    '| --- | --- | --- | --- | --- |',
    ...TOPICS.map(topicRow),
    '',
    '## Messages',
    '',
    'In the tables `?` marks an optional field. Types: `int` is an integer from 0 to 2^53 − 1 or within the bounds behind it; `ms` an',
    'integer from 0 to 8640000000000000, milliseconds since the Unix epoch; `bin` has so many bytes, `text` at most so many characters,',
    'and `≤8 × bin 32` is a list of at most 8 of those.',
    '',
    ...messages.flatMap(messageSection),
    '### Inside a Response or a DirectAnswer',
    '',
    `The plaintext of \`sealed\`, and \`plain\`: one canonical MessagePack map of at most ${ANSWER_BYTES} bytes, one of these.`,
    '',
    ...FIELD_HEAD,
    ...choiceRows(jsonSchema(sealedAnswer).oneOf),
    '',
    '### Inside a SealedSummary',
    '',
    `The plaintext of a box’s \`sealed\`: one canonical MessagePack map of at most ${SUMMARY_BYTES} bytes.`,
    '',
    ...FIELD_HEAD,
    ...fieldRows(jsonSchema(nodeSummary)),
    '| `pad`? | bin | zeros that make the map 1, 2, 4, 8, 16 or 32 KiB long, where that is possible |',
    '',
    'How a box is sealed (integers big-endian, ‖ joins bytes; an example is in `test/vectors/sealing.json`):',
    '',
    '| part | is |',
    '| --- | --- |',
    '| additional data of `sealed` and `key` | "karo-summary-v1" ‖ author 32 ‖ granularity u8 (hour 0, day 1, week 2) ‖ start u64 ‖ version u64 ‖ index of the box u8 |',
    '| `sealed` | ChaCha20-Poly1305 under the content key, nonce 0 |',
    '| `key` | the content key under key 32 ‖ nonce 12 = HKDF-SHA256(X25519(epk, recipient), salt epk ‖ recipient, info "karo-seal-many-v1"). The recipient’s X25519 key is its node key converted (RFC 7748) |',
    '| `hint` | HMAC-SHA256(k, author ‖ version u64 ‖ slot)[0:8], k = HKDF-SHA256(X25519(author, recipient), no salt, info "karo-hint-v1") |',
    '| slot | `hour:n`, `day:n` or `week:n`, counted from the epoch, weeks from Monday 1969-12-29 |',
    '',
    'The author has a place in every box.',
    '',
    '## Reserved numbers',
    '',
    'Numbers of these ranges that no message has are reserved for:',
    '',
    '| numbers | for |',
    '| --- | --- |',
    ...RESERVED.map(([numbers, purpose]) => `| ${numbers} | ${purpose} |`),
  ].join('\n')}\n`
}

/** JSON Schemas of all messages: path → text. */
export function wireSchemas(): [path: string, text: string][] {
  const schemas = [
    ...[...MESSAGES.values()].map(({ name, body }) => [name, body] as const),
    ['SealedAnswer', sealedAnswer] as const,
    ['NodeSummary', nodeSummary] as const,
  ]
  return schemas.map(([name, schema]) => [
    `schemas/${name}.json`,
    `${JSON.stringify({ ...jsonSchema(schema), title: name }, null, 2)}\n`,
  ])
}
