// Reports on the disk: readable by one user, whole or not there, no more than were wished, and nothing else taken for one.
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { DAY_MS } from '../../../../src/base/calendar.ts'
import { systemRandom } from '../../../../src/base/clock.ts'
import { type Report, reportOf } from '../../../../src/exchange/report/index.ts'
import { createKept } from '../../../../src/exchange/reports/kept.ts'
import { temporaryDirectory } from '../../../support/data/database.ts'
import { MONDAY, TWO_WEEKS } from '../report/findings.ts'

const report = reportOf(TWO_WEEKS)
const of = (team: string | null): Report => ({ ...report, team })
const begun = (): { kept: ReturnType<typeof createKept>; directory: string } => {
  const directory = join(temporaryDirectory(), 'reports')
  return { kept: createKept(directory, systemRandom), directory }
}
const monday = { schedule: 'weekly', until: MONDAY } as const

it('are written in their formats for the user of the daemon alone, and read again', () => {
  const { kept, directory } = begun()
  expect(kept.list()).toEqual([])
  expect(kept.write(monday, report, ['md', 'html'], 3)).toBe('2026-11-16-weekly')
  expect(readdirSync(directory).sort()).toEqual(
    ['html', 'json', 'md'].map((end) => `2026-11-16-weekly.${end}`),
  )
  expect(statSync(directory).mode & 0o777).toBe(0o700)
  for (const name of readdirSync(directory)) expect(statSync(join(directory, name)).mode & 0o777).toBe(0o600)
  expect(kept.read('2026-11-16-weekly')).toEqual(report)
  expect(kept.list()).toMatchObject([
    {
      id: '2026-11-16-weekly',
      until: '2026-11-16T00:00:00.000Z',
      formats: ['md', 'html', 'json'],
      state: 'shown',
    },
  ])
})

it('of earlier releases, which knew less of rules, are read', () => {
  const { kept, directory } = begun()
  const id = kept.write(monday, report, [], 3)
  const file = join(directory, `${id}.json`)
  const { by_rule: _, rules: __, ...risk } = report.risk
  writeFileSync(file, JSON.stringify({ ...report, risk }), { mode: 0o600 })
  const none = { periods: 0, since: null, withheld: null }
  expect(kept.read(id).risk).toEqual({ ...risk, rules: [], by_rule: none })
  const by_rule = { periods: 2, since: '2026-11-16T00:00:00.000Z' }
  writeFileSync(file, JSON.stringify({ ...report, risk: { ...report.risk, by_rule } }), { mode: 0o600 })
  expect(kept.read(id).risk.by_rule).toEqual({ ...by_rule, withheld: null })
})

it('are no more than were wished, team by team', () => {
  const { kept, directory } = begun()
  for (let week = 0; week < 5; week++) {
    const name = { ...monday, until: MONDAY + week * 7 * DAY_MS }
    kept.write(name, of(null), ['md'], 2)
    kept.write(name, of('web'), ['md'], 2)
  }
  expect(kept.list().map(({ id }) => id)).toEqual([
    ...['2026-12-14-weekly', '2026-12-14-weekly-web', '2026-12-07-weekly', '2026-12-07-weekly-web'],
  ])
  expect(readdirSync(directory)).toHaveLength(8)
  // Another run of the daemon finds the same.
  expect(createKept(directory, systemRandom).list()).toEqual(kept.list())
})

it('have names that no team can choose', () => {
  const { kept, directory } = begun()
  const ids = ['../../etc/passwd', 'Web', 'web', 'WEB', 'ünï/..', '.', '-', 'a'.repeat(64)].map((team) =>
    kept.write(monday, of(team), [], 9),
  )
  expect(new Set(ids).size).toBe(8)
  for (const id of ids) expect(id).toMatch(/^2026-11-16-weekly-[a-z0-9-]+$/)
  expect(readdirSync(directory)).toHaveLength(8)
  expect(kept.list()).toHaveLength(8)
})

it.each(['../2026-11-16-weekly', '2026-11-16-weekly/../x', 'state', '', '2026-11-16-weekly\0'])(
  'an id like %j is none',
  (id) => {
    const { kept, directory } = begun()
    kept.write(monday, report, [], 1)
    // Each of them would lead to a report, were it a path.
    for (const path of ['../2026-11-16-weekly.json', 'x.json', 'state.json', '.json'])
      writeFileSync(join(directory, path), JSON.stringify(report))
    expect(() => kept.read(id)).toThrow(/no report/)
  },
)

it('what is no report is neither shown nor removed', () => {
  const { kept, directory } = begun()
  mkdirSync(directory, { recursive: true })
  const secret = join(temporaryDirectory(), 'secret.json')
  writeFileSync(secret, JSON.stringify(report))
  symlinkSync(secret, join(directory, '2026-11-09-weekly.json'))
  mkdirSync(join(directory, '2026-11-02-weekly.json'))
  writeFileSync(join(directory, '2026-10-26-weekly.json'), '{"version":1')
  writeFileSync(join(directory, '2026-10-19-weekly.json'), '{"version":2}')
  writeFileSync(join(directory, 'notes.txt'), 'mine')
  kept.write(monday, report, [], 1)
  expect(kept.list().map(({ id }) => id)).toEqual(['2026-11-16-weekly'])
  expect(() => kept.read('2026-11-09-weekly')).toThrow(/no report/)
  expect(() => kept.read('2026-10-19-weekly')).toThrow(/no report of this release/)
  expect(readdirSync(directory)).toHaveLength(6)
})

it('facts beside them survive, and a damaged file of them is none', () => {
  const { kept, directory } = begun()
  expect(kept.readState()).toBeUndefined()
  kept.writeState({ standing: { risky: true } })
  expect(createKept(directory, systemRandom).readState()).toEqual({ standing: { risky: true } })
  expect(readFileSync(join(directory, 'state.json'), 'utf8')).toBe('{"standing":{"risky":true}}\n')
  chmodSync(join(directory, 'state.json'), 0o600)
  writeFileSync(join(directory, 'state.json'), '{"stan')
  expect(kept.readState()).toBeUndefined()
})
