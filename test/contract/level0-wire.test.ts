// Level 0 does not fit through the encoder: not for the type checker, and not as a stowaway at run time.
import { describe, expect, it } from 'vitest'
import { encodeAnswer } from '../../protocols/answer.ts'
import type { Message, WireBody } from '../../protocols/define.ts'
import { type Envelope, encodeFrame } from '../../protocols/frame.ts'
import { encodeValue } from '../../protocols/messagepack.ts'
import { Goodbye, Hello, type HelloBody } from '../../protocols/messages/hello.ts'
import type { NodeSummary } from '../../protocols/messages/summary.ts'
import { formatNodeId } from '../../protocols/node-id.ts'
import { periodOf } from '../../protocols/periods.ts'
import { encodeSummary } from '../../protocols/summary.ts'
import { type Level0, markLevel0 } from '../../src/base/level0/level0.ts'
import type { Link } from '../../src/mesh/index.ts'
import { CAPABILITIES } from '../support/mesh/capabilities.ts'
import { alice } from '../support/mesh/frames.ts'

const CANARY = 'canary-command-4711'
const command: Level0<string> = markLevel0(CANARY)
const envelope: Envelope = { sender: alice.publicKey, ts: 1, nonce: new Uint8Array(16), seq: 1 }
const body: HelloBody = {
  versions: [],
  name: 'eng-042',
  capabilities: CAPABILITIES,
  listen: [],
}

const git = { tool: 'git', category: 'git', uses: 1, failures: 0, unknown: 0 }
const pattern = { category: 'git', count: 1, failures: 0, unknown: 0, avg_duration_ms: 1 }
const summary: NodeSummary = {
  node_id: formatNodeId(alice.publicKey),
  ...periodOf('hour', 0),
  generated_at: 0,
  closed: false,
  tool_usage: { tools: [git] },
  command_patterns: [pattern],
}

/**
 * Never called: every line below must fail to compile, which `tsc` checks. A directive over a line that
 * compiles is itself an error.
 */
function mustNotCompile(link: Link, anyMessage: Message): void {
  // @ts-expect-error a level 0 value is not the text that the field wants
  encodeFrame(Hello, envelope, { ...body, name: command }, alice.sign)
  // @ts-expect-error nor an item of a list
  encodeFrame(Hello, envelope, { ...body, listen: [command] }, alice.sign)
  // @ts-expect-error nor a member that the message does not have
  encodeFrame(Goodbye, envelope, { reason: 'stopping', command }, alice.sign)
  // @ts-expect-error nor anything under a message whose body is not known
  encodeFrame(anyMessage, envelope, { command }, alice.sign)
  // @ts-expect-error nor a whole body
  encodeFrame(anyMessage, envelope, command, alice.sign)
  // @ts-expect-error nor through the mesh
  link.sendHop('' as never, anyMessage, { command })
  // @ts-expect-error nor as bare MessagePack
  encodeValue([command])
  const head = { responder: new Uint8Array(32), query_id: new Uint8Array(16), level: 1, as_of: 1 } as const
  // @ts-expect-error nor sealed in a summary
  encodeSummary({ ...summary, tool_usage: { tools: [{ ...git, tool: command }] } })
  // @ts-expect-error nor as a category of one
  encodeSummary({ ...summary, command_patterns: [{ ...pattern, category: command }] })
  // @ts-expect-error nor sealed
  encodeAnswer({ ...head, status: 'withheld', reason: command })
}

void mustNotCompile

describe('level 0 and the encoder', () => {
  it('do not meet through a wider object than the message has', () => {
    const wider = { ...body, command, capabilities: { ...body.capabilities, command } }
    // The type checker lets a variable have more members than asked for; the encoder writes none of them.
    const stowaway: HelloBody = wider
    const frame = Buffer.from(encodeFrame(Hello, envelope, stowaway, alice.sign))
    expect(frame.includes(CANARY)).toBe(false)
    expect(frame.includes('eng-042')).toBe(true)
  })

  it('do not meet through the envelope', () => {
    const wider = { ...envelope, command }
    const frame = Buffer.from(encodeFrame(Hello, wider, body, alice.sign))
    expect(frame.includes(CANARY)).toBe(false)
  })

  it('would meet if the schema named it: the canary is not hidden by the encoding', () => {
    const named = Buffer.from(encodeFrame(Hello, envelope, { ...body, name: CANARY }, alice.sign))
    expect(named.includes(CANARY)).toBe(true)
  })

  it('do not meet in a summary', () => {
    const wider = { ...summary, command, tool_usage: { command, tools: [{ ...git, command }] } }
    const plaintext = Buffer.from(encodeSummary(wider))
    expect(plaintext.includes(CANARY)).toBe(false)
    expect(plaintext.includes('git')).toBe(true)
  })

  it('are kept apart by the body type itself', () => {
    const refusesLevel0: Level0<string> extends WireBody ? false : true = true
    expect(refusesLevel0).toBe(true)
  })
})
