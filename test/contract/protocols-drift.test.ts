// docs/protocols.md and the JSON Schemas say what protocols/ says: generated anew, they are the same.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { MESSAGES, STREAMS, TOPICS } from '../../protocols/registry.ts'
import { protocolPages } from '../../scripts/protocol-pages.ts'

const root = join(import.meta.dirname, '../..')

describe('what is published about the wire', () => {
  it.each([...protocolPages()])('%s is up to date', (path, text) => {
    expect(readFileSync(join(root, path), 'utf8')).toBe(text)
  })

  it('has nothing left over (npm run protocols -- --check)', () => {
    execFileSync(process.execPath, ['scripts/protocols.ts', '--check'], { cwd: root, stdio: 'pipe' })
  })
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
