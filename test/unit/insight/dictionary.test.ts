// The dictionary: what every answer may carry, and nothing that could be a name of one's own.
import { describe, expect, test } from 'vitest'
import { CATEGORIES, OTHER, TOOL_NAMES, toolOf } from '../../../src/insight/dictionary.ts'

describe('what it holds', () => {
  test('at least 300 tools, each once, in one answer', () => {
    expect(TOOL_NAMES.size).toBeGreaterThanOrEqual(300)
    expect(TOOL_NAMES.size).toBeLessThanOrEqual(512)
    for (const tool of TOOL_NAMES) {
      expect(tool).toMatch(/^[a-z0-9][a-z0-9._+-]{0,31}$/)
      expect(toolOf(tool).tool).toBe(tool)
      expect(CATEGORIES).toContain(toolOf(tool).category)
    }
  })
})

test.each([
  ['git', 'git', 'git'],
  ['docker', 'docker', 'docker'],
  ['kubectl', 'kubectl', 'kubernetes'],
  ['npm', 'npm', 'npm'],
  ['cargo', 'cargo', 'cargo'],
  ['grep', 'grep', 'file_ops'],
  ['curl', 'curl', 'network'],
  ['cd', 'cd', 'file_ops'],
  ['echo', 'echo', 'system'],
  ['vim', 'vim', 'editor'],
  ['make', 'make', 'other'],
  ['Rscript', 'rscript', 'other'],
  ['python3.11', 'python', 'other'],
  ['gcc-12', 'gcc', 'other'],
  ['mkfs.ext4', 'mkfs', 'system'],
  ['7z', '7z', 'file_ops'],
  ['[', 'test', 'system'],
  ['.', 'source', 'system'],
])('%s is %s (%s)', (word, tool, category) => {
  expect(toolOf(word)).toEqual({ tool, category })
})

test.each([undefined, '', 'acme-deploy', 'project-falcon.sh', 'constructor', '__proto__', 'git2 x', '12'])(
  '%s is other',
  (word) => {
    expect(toolOf(word)).toBe(OTHER)
  },
)
