// What it costs to tell all members something: real mesh nodes in this process, one author, and the processor time of all for each delivery.
import * as z from 'zod'
import { defineMessage, defineTopic } from '../../protocols/define.ts'
import { systemClock, systemTimers } from '../../src/base/clock.ts'
import type { Announcing } from '../../src/mesh/index.ts'
import { type MeshNode, meshNode } from '../support/mesh/mesh-node.ts'
import { until } from '../support/run/until.ts'
import { median } from './median.ts'

export interface NoticesCost {
  readonly nodes: number
  /** Processor time of all nodes together for one message at one receiver, microseconds. */
  readonly cpu_us: number
  /** Median over the messages: from publishing until the last node has it. */
  readonly reached_all_ms: number
}

const Word = defineMessage({
  type: 0x7f01,
  name: 'Word',
  purpose: 'Says something.',
  limit: 1024,
  carried: 'document',
  body: z.object({ text: z.string().max(600) }),
})
/** As long as a presence. */
const TEXT = 'x'.repeat(300)
const WARM_UP = 20

/** All linked to all, as a small mesh is; one message after the other. */
export async function measureNotices(count = 12, messages = 200): Promise<NoticesCost> {
  const words = defineTopic({
    id: '/karo/words/1',
    purpose: 'For this measurement.',
    quota: { messages: messages + WARM_UP, perMs: 1_000 },
    toldForMs: 600_000,
    waitMs: 1_000,
    kept: messages + WARM_UP,
    messages: { Word },
  })
  const nodes: MeshNode[] = []
  const topics: Announcing[] = []
  let delivered = 0
  try {
    for (let i = 0; i < count; i++) {
      const node = meshNode({
        discovery: { peers: nodes.map((one) => one.address()) },
        clock: systemClock,
        timers: systemTimers,
      })
      const topic = node.mesh.topic(words)
      topic.serve({ notice: () => void delivered++ })
      topics.push(topic)
      nodes.push(node)
      await node.mesh.start(AbortSignal.timeout(10_000))
    }
    for (const node of nodes) {
      for (const other of nodes) {
        if (other !== node) await node.trust.trust(other.id, { level: 'peer' })
      }
    }
    for (const node of nodes) {
      await until(() => node.mesh.status().peers_connected === count - 1, { what: 'all are linked' })
    }
    const say = async (): Promise<number> => {
      const before = delivered
      const began = performance.now()
      topics[0]!.publish(Word, { text: TEXT })
      await until(() => delivered === before + count - 1, { what: 'everybody has it', pollMs: 1 })
      return performance.now() - began
    }
    for (let i = 0; i < WARM_UP; i++) await say()
    const cpu = process.cpuUsage()
    const times: number[] = []
    for (let i = 0; i < messages; i++) times.push(await say())
    const { user, system } = process.cpuUsage(cpu)
    return {
      nodes: count,
      cpu_us: (user + system) / (messages * (count - 1)),
      reached_all_ms: median(times),
    }
  } finally {
    await Promise.all(nodes.map((node) => node.mesh.stop()))
  }
}
