// karo report against a daemon that is played: what is asked, where the text goes, and which exit code scripts get.
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type Report, reportOf } from '../../../src/exchange/report/index.ts'
import { temporaryDirectory } from '../../support/data/database.ts'
import { karo, transcript } from '../../support/node/played-daemon.ts'
import { findingsOf, TWO_WEEKS } from '../exchange/report/findings.ts'

const report = reportOf(TWO_WEEKS)
const ask = (said: Report, ...words: string[]) => karo({ 'POST /api/v1/reports': said }, 'report', ...words)

describe('karo report', () => {
  it('is Markdown, and JSON with --json', async () => {
    const { code, out, requests } = await ask(report, '--last', '7d', '--team', 'web')
    expect([code, out.slice(0, 13)]).toEqual([0, '# Karo report'])
    const { range, team } = requests[0]!.body as { range: { start: string; end: string }; team: string }
    expect([Date.parse(range.end) - Date.parse(range.start), team]).toEqual([7 * 86_400_000, 'web'])
    expect(JSON.parse((await ask(report, '--json')).out)).toEqual(report)
  })

  it('without numbers is shown all the same, and exits as a question that is withheld', async () => {
    expect(await ask(reportOf(findingsOf({})))).toMatchObject({
      code: 4,
      out: expect.stringContaining('There are no totals for this time'),
    })
  })
})

describe('--out', () => {
  it('writes for one user, in the format that the name ends in, and replaces an earlier report', async () => {
    const file = join(temporaryDirectory(), 'r.html')
    writeFileSync(file, 'the report of yesterday', { mode: 0o644 })
    const { code, out } = await ask(report, '--out', file, '--json')
    const text = readFileSync(file, 'utf8')
    expect(text.slice(0, 15)).toBe('<!doctype html>')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect([code, JSON.parse(out)]).toEqual([
      ...[0, { file, format: 'html', bytes: Buffer.byteLength(text), state: 'shown' }],
    ])
  })

  it('says of a report that it has no totals', async () => {
    const { code, err } = await ask(reportOf(findingsOf({})), '--out', join(temporaryDirectory(), 'r.md'))
    expect([code, err]).toEqual([4, expect.stringMatching(/^The report, without totals, is in .*r\.md, /)])
  })

  it('writes nothing through a link, into a directory, or to a device', async () => {
    const directory = temporaryDirectory()
    const [target, link, dangling, folder] = ['mine.txt', 'link.md', 'dangling.md', 'folder.md'].map((name) =>
      join(directory, name),
    ) as [string, string, string, string]
    writeFileSync(target, 'mine')
    symlinkSync(target, link)
    symlinkSync(join(directory, 'nowhere'), dangling)
    mkdirSync(folder)
    for (const out of [link, dangling, folder, '/dev/null'])
      expect(await ask(report, '--out', out), out).toMatchObject({ code: 1, requests: [] })
    expect(readFileSync(target, 'utf8')).toBe('mine')
    expect(existsSync(join(directory, 'nowhere'))).toBe(false)
  })

  it('leaves an earlier report alone when there is no new one', async () => {
    const directory = temporaryDirectory()
    const file = join(directory, 'r.md')
    writeFileSync(file, 'the report of yesterday')
    expect((await karo({}, 'report', '--out', file)).code).toBe(1)
    expect(readFileSync(file, 'utf8')).toBe('the report of yesterday')
    expect(readdirSync(directory)).toEqual(['r.md'])
  })
})

it('karo report thresholds says what is watched, what is crossed and what went wrong', async () => {
  const thresholds = [
    { threshold: 'coverage', limit: 80, crossed: true },
    { threshold: 'missing', limit: 2, crossed: null },
  ]
  const watched = { problem: 'No totals for you.', thresholds }
  expect(
    await transcript({ 'GET /api/v1/reports/thresholds': watched }, 'report thresholds'),
  ).toMatchSnapshot()
})
