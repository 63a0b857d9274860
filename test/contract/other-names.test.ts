// The table of names of kOS in docs/api.md: every name of theirs has its row, and every name of ours is one that there is.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { TASK_STATES } from '../../src/agents/tasks/types.ts'
import { EVENT_TYPES } from '../../src/api/contract/constants.ts'
import { OPERATIONS } from '../../src/api/contract/operations/index.ts'

const THEIRS = [
  'POST /agent/task',
  'GET /agent/status',
  'POST /vault/encrypt',
  'POST /vault/decrypt',
  'POST /artifact/upload',
  'GET /artifact/:id',
  'GET /memory/search',
  'POST /planner/plan',
  'AGENT_RESULT',
  'AGENT_ERROR',
  'TASK_PROGRESS',
  'SYSTEM_STATUS',
  'USER_NOTIFICATION',
  'CONFIG_UPDATE',
  'HEARTBEAT',
]

const page = readFileSync(join(import.meta.dirname, '../../docs/api.md'), 'utf8')
const [, section = ''] = page.split('## Names of kOS')
// The head of the table and the line below it name nothing.
const rows = [...section.matchAll(/^\| (.*) \| (.*) \|$/gm)].filter(([, left]) => left?.includes('`'))
const named = (text = ''): readonly string[] => [...text.matchAll(/`([^`]+)`/g)].map(([, name]) => name ?? '')

test('every name of theirs has its row, once', () => {
  expect(rows.flatMap(([, left]) => named(left))).toEqual(THEIRS)
})

test('every name of ours is a route, a type of event or a state of a task', () => {
  const routes = OPERATIONS.map(({ method, path }) => `${method} ${path}`)
  const ours = new Set<string>([...routes, ...EVENT_TYPES, ...TASK_STATES])
  for (const [, left, right] of rows) {
    const names = named(right)
    expect(
      names.filter((name) => !ours.has(name)),
      left,
    ).toEqual([])
    if (left?.includes('HEARTBEAT') !== true) expect(names.length, left).toBeGreaterThan(0)
  }
})
