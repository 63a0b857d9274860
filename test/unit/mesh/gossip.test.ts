// Topics over real nodes: what is published reaches every member, and nothing of or to anybody who is none.
import { expect, test } from 'vitest'
import * as z from 'zod'
import { defineMessage, defineTopic, type Topic } from '../../../protocols/define.ts'
import { bodyOf, type Frame } from '../../../protocols/frame.ts'
import type { NodeId } from '../../../protocols/node-id.ts'
import type { Gossip, GossipVerdict, Mesh } from '../../../src/mesh/index.ts'
import type { MeshNodeInit } from '../../support/mesh-node.ts'
import { until } from '../../support/until.ts'
import { linked, type Running, start, trusts } from './cluster.ts'

const Word = defineMessage({
  type: 0x7f01,
  name: 'Word',
  purpose: 'Says something.',
  limit: 1024,
  carried: 'document',
  body: z.object({ text: z.string().max(600) }),
})
const words: Topic = defineTopic({
  id: '/karo/words/1',
  purpose: 'For this test.',
  quota: { messages: 20, perMs: 10_000 },
  messages: { Word },
})

interface Talker extends Running {
  say(text: string): void
  readonly heard: { author: NodeId; text: string; from: NodeId; frame: Frame }[]
  texts(): readonly string[]
}

async function talker(
  init: MeshNodeInit = {},
  judge: (text: string) => GossipVerdict = () => 'accept',
): Promise<Talker> {
  const heard: Talker['heard'] = []
  let topic: Gossip | undefined
  const node = await start(init, undefined, (mesh: Mesh) => {
    topic = mesh.topic(words, {
      message(author, frame, from) {
        const { text } = bodyOf(frame, Word)
        heard.push({ author: author.nodeId, text, from: from.nodeId, frame })
        return judge(text)
      },
    })
  })
  return {
    ...node,
    heard,
    texts: () => heard.map(({ text }) => text),
    say: (text) => topic?.publish(Word, { text }),
  }
}

/** A line of nodes: each is linked to the next one, and trusts everybody but whom `trusting` leaves out. */
async function line(nodes: readonly Talker[]): Promise<void> {
  for (const [i, node] of nodes.entries()) {
    const next = nodes[i + 1]
    if (next === undefined) continue
    await trusts(node, next)
    await trusts(next, node)
    await linked(node, next)
  }
}

const hears = (node: Talker, text: string): Promise<unknown> =>
  until(() => node.texts().includes(text), { what: `hears "${text}"` })

/** Says it again until it is heard: subscriptions travel a moment after the link. */
async function arrives(from: Talker, to: Talker, text: string): Promise<void> {
  let n = 0
  await until(
    () => {
      if (to.texts().some((heard) => heard.startsWith(text))) return true
      from.say(`${text} ${n++}`)
      return false
    },
    { what: `"${text}" arrives`, pollMs: 500 },
  )
}

test('what one says reaches all, once, with its author, through whoever lies between', async () => {
  const a = await talker()
  const b = await talker({ discovery: { peers: [a.address()] } })
  const c = await talker({ discovery: { peers: [b.address()] } })
  await line([a, b, c])
  await arrives(a, c, 'warm')
  a.say('once')
  await hears(c, 'once')
  expect(c.heard.filter(({ text }) => text === 'once')).toMatchObject([{ author: a.id, from: b.id }])
  expect(b.heard.filter(({ text }) => text === 'once')).toMatchObject([{ author: a.id, from: a.id }])
  // c does not trust a: what a member passes on is heard, its author need not be trusted here.
  expect(c.trust.admits(a.id)).toBe(false)
  expect(a.heard).toEqual([])
})
