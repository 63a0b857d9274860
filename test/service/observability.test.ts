// Metrics, log and problem reports of the machine's service, under a real systemd, for administrators and for others.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, inject, test } from 'vitest'
import type { ProblemReport } from '../../src/cli/problem-report.ts'
import { bootMachine, canBoot, type Machine } from '../support/node/machine.ts'
import { debOf, OLD } from '../support/node/packages.ts'
import { until } from '../support/run/until.ts'

/** What a scraper does: `scrape.cjs <token>`. */
const SCRAPE = `
fetch('http://127.0.0.1:9237/metrics', { headers: { authorization: 'Bearer ' + process.argv[2] } })
  .then(async (answer) => console.log(answer.status + '\\n' + (await answer.text())))
`

const possible = canBoot()
if (!possible.ok)
  process.stderr.write(`no machine with systemd (${possible.reason}): the service is not watched here\n`)

describe.runIf(possible.ok)('a service of the machine', () => {
  let machine: Machine
  beforeAll(async () => {
    const packages = inject('packages')
    writeFileSync(join(packages, 'scrape.cjs'), SCRAPE)
    machine = await bootMachine(packages)
    await machine.must(`dpkg -i ${debOf(OLD)}`)
    await machine.must('useradd -m -s /bin/bash -G karo zqann')
  })

  const asAnn = (line: string) => machine.run(`su - zqann -c '${line}'`)
  const messagesOf = (text: string): string[] =>
    text
      .split('\n')
      .flatMap((line) => (line.startsWith('{') ? [(JSON.parse(line) as { msg: string }).msg] : []))
  const scrape = async (token: string): Promise<string> =>
    machine.must(`/usr/lib/karo/bin/node /packages/scrape.cjs '${token}'`)

  test('karo logs tail shows an administrator what the journal has, and nobody else', async () => {
    const journal = messagesOf(await machine.must('journalctl -u karo -o cat --no-pager'))
    const own = messagesOf(await machine.must('karo logs tail -n 1000 --json'))
    expect(own).toContain('ready')
    expect(journal.slice(-own.length)).toEqual(own)
    expect(await asAnn('karo logs tail')).toMatchObject({ code: 4 })
  })

  test('who follows sees the next daemon too', async () => {
    // In the background of the machine, until it has seen the second one.
    await machine.must(
      'systemd-run --unit=follower --property=StandardOutput=file:/tmp/followed karo logs tail -f --json',
    )
    await until(async () => (await machine.run('grep -c ready /tmp/followed')).output.trim() === '1', {
      what: 'it follows',
      pollMs: 200,
    })
    await machine.must('systemctl restart karo')
    await until(async () => (await machine.run('grep -c \'"ready"\' /tmp/followed')).output.trim() === '2', {
      what: 'it follows the new daemon',
      pollMs: 200,
    })
    await machine.must('systemctl stop follower')
  })

  test('a scraper with a token for metrics gets them over TCP, the watchdog among them, and nothing else', async () => {
    const token = await machine.must('karo token create --scope metrics --name prometheus 2>/dev/null')
    const told = await until(
      async () => {
        const text = await scrape(token)
        return text.includes('\nkaro_watchdog_last_fed_timestamp_seconds ') && text
      },
      { what: 'the watchdog has been fed', pollMs: 200 },
    )
    expect(told.split('\n', 1)[0]).toBe('200')
    expect(told).toMatch(/^karo_watchdog_limit_seconds 60$/m)
    expect(told).toMatch(/^karo_ready 1$/m)
    expect(told).toMatch(/^karo_filesystem_available_bytes\{place="spool"\} \d/m)
    expect(told).toMatch(/^process_open_fds \d/m)
    expect((await scrape('nonsense')).split('\n', 1)[0]).toBe('401')
  })

  test('anybody may write a problem report; only an administrator’s says where in the program', async () => {
    const report = async (file: string): Promise<ProblemReport> =>
      JSON.parse(await machine.must(`cat ${file}`)) as ProblemReport
    expect(await asAnn('karo report-problem --output /tmp/ann.json')).toMatchObject({ code: 0 })
    const anns = await report('/tmp/ann.json')
    expect(anns.program.service).toBe(true)
    expect(anns.daemon).toMatchObject({ ready: true, problems: { error: 'refused' } })
    expect(anns.home).toMatchObject({
      database: { error: 'EACCES' },
      key: { error: 'EACCES' },
      config_file: true,
    })
    await machine.must('karo report-problem --output /tmp/root.json')
    const roots = await report('/tmp/root.json')
    expect(roots.daemon).toMatchObject({ ready: true, problems: expect.any(Array) })
    expect(roots.home.database).toMatchObject({ files: expect.any(Number) })
    for (const one of [anns, roots])
      expect(JSON.stringify(one)).not.toMatch(/zqann|\/var|\/run|"machine"[^:]/)
    expect(await machine.must('stat -c %a /tmp/ann.json')).toBe('600')
  })
})
