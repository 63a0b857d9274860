// docs/protocols.md says what protocols/ says: generated anew, it is the same.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { MESSAGES, STREAMS, TOPICS } from '../../protocols/registry.ts'
import { protocolsPage } from '../../scripts/protocol-pages.ts'

const root = join(import.meta.dirname, '../..')

it('docs/protocols.md is up to date (npm run docs)', () => {
  expect(readFileSync(join(root, 'docs/protocols.md'), 'utf8')).toBe(protocolsPage())
})

describe('the registry', () => {
  it('lists the messages of every stream', () => {
    for (const stream of STREAMS) {
      for (const [name, message] of Object.entries(stream.messages)) {
        expect(message.name).toBe(name)
        expect(MESSAGES.get(message.type)).toBe(message)
      }
    }
  })

  it('lists the messages of every topic, which are documents: they travel through others', () => {
    expect(new Set(TOPICS.map((topic) => topic.id)).size).toBe(TOPICS.length)
    for (const topic of TOPICS) {
      for (const [name, message] of Object.entries(topic.messages)) {
        expect(message.name).toBe(name)
        expect(message.carried).toBe('document')
        expect(MESSAGES.get(message.type)).toBe(message)
      }
    }
  })

  it('gives every stream an id, a quota and a send buffer that holds its largest message', () => {
    expect(new Set(STREAMS.map((stream) => stream.id)).size).toBe(STREAMS.length)
    for (const stream of STREAMS) {
      expect(stream.quota.frames).toBeGreaterThan(0)
      const largest = Math.max(...Object.values(stream.messages).map((message) => message.limit))
      expect(stream.sendBufferBytes).toBeGreaterThan(largest)
    }
  })
})
