// One large answer over a real stream: it is written as fast as it is read at the other end, and arrives whole.
import { describe, expect, test } from 'vitest'
import { bodyOf } from '../../../protocols/frame.ts'
import {
  AGENT_PART_BYTES,
  AgentEnd,
  AgentHello,
  AgentPart,
  AgentRequest,
} from '../../../protocols/messages/agent.ts'
import { agent } from '../../../protocols/registry.ts'
import type { Exchange, Exchanges, Mesh } from '../../../src/mesh/index.ts'
import { befriend, start } from './cluster.ts'

/** Pieces of a document of 4 MiB. */
const PARTS = Math.ceil((4 * 1024 * 1024) / AGENT_PART_BYTES)

async function answered(answer: (exchange: Exchange) => Promise<void>): Promise<Exchange> {
  const made: Exchanges[] = []
  const speaks = (mesh: Mesh): void => void made.push(mesh.exchange(agent, answer))
  const first = await start({}, undefined, speaks)
  const second = await start({ discovery: { peers: [first.address()] } }, undefined, speaks)
  await befriend(first, second)
  return (made[1] as Exchanges).open(first.id, new AbortController().signal)
}

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve))

describe('an exchange', () => {
  test('carries 4 MiB to a slow reader, and never more than fits into the buffers', async () => {
    let failure: unknown
    const challenge = new Uint8Array(16)
    const exchange = await answered(async (one) => {
      try {
        const data = new Uint8Array(AGENT_PART_BYTES).fill(7)
        await one.send(AgentHello, { challenge, operations: [] })
        // Who opened a stream and says nothing is cut off, however much is still on the way to it.
        await one.next()
        for (let part = 0; part < PARTS; part += 1) await one.send(AgentPart, { data, ends: false })
      } catch (error) {
        failure = error
      }
      // The reader closes as soon as it has read this, perhaps before the writer is told that it left its buffer.
      await one.send(AgentEnd, {})
      await one.end(60_000)
    })
    await exchange.send(AgentRequest, { to: new Uint8Array(32), challenge, ask: { operation: 'list' } })
    let size = 0
    let ended = false
    for (let frame = await exchange.next(); frame !== undefined; frame = await exchange.next()) {
      // Whoever writes is always ahead.
      for (let turns = 0; turns < 20; turns += 1) await turn()
      if (frame.message.type === AgentPart.type) size += bodyOf(frame, AgentPart).data.length
      ended = frame.message.type === AgentEnd.type
      if (ended) break
    }
    exchange.abort('over')
    expect(failure).toBeUndefined()
    expect(ended).toBe(true)
    expect(size).toBe(PARTS * AGENT_PART_BYTES)
  })
})
