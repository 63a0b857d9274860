// Metrics, log, problem reports and karo doctor of the machine's own node, under a real systemd: for administrators, for others, and when it is broken.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, inject, test } from 'vitest'
import type { CheckResult } from '../../src/cli/doctor/doctor.ts'
import type { Explained } from '../../src/cli/doctor/egress.ts'
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

  const doctor = async (user = 'root', options = ''): Promise<readonly CheckResult[]> => {
    const { output } = await machine.run(`su - ${user} -c 'karo doctor --json ${options}'`)
    return (JSON.parse(output) as { checks: readonly CheckResult[] }).checks
  }
  const asAnn = (line: string) => machine.run(`su - zqann -c '${line}'`)
  const messagesOf = (text: string): string[] =>
    text
      .split('\n')
      .flatMap((line) => (line.startsWith('{') ? [(JSON.parse(line) as { msg: string }).msg] : []))
  const scrape = async (token: string): Promise<string> =>
    machine.must(`/usr/lib/karo/bin/node /packages/scrape.cjs '${token}'`)
  const failing = (checks: readonly CheckResult[]): string[] =>
    checks.filter(({ outcome }) => outcome === 'fail').map(({ id }) => id)
  const find = (checks: readonly CheckResult[], id: string): CheckResult => {
    const found = checks.find((one) => one.id === id)
    if (found === undefined) throw new Error(`no ${id}`)
    return found
  }
  /** The fix as it is shown, to a root that needs no sudo. */
  const paste = (fix: string | undefined): Promise<string> =>
    machine.must((fix ?? 'false').replaceAll('sudo ', ''))

  beforeAll(async () => {
    const packages = inject('packages')
    writeFileSync(join(packages, 'scrape.cjs'), SCRAPE)
    machine = await bootMachine(packages)
    await machine.must(`dpkg -i ${debOf(OLD)}`)
    await machine.must('useradd -m -s /bin/bash -G karo ann && useradd -m -s /bin/bash -G karo zqann')
    const healthy = async (): Promise<true> => {
      const checks = await doctor()
      if (failing(checks).length === 0) return true
      throw new Error(JSON.stringify(checks.filter(({ outcome }) => outcome === 'fail')))
    }
    await until(healthy, { what: 'nothing fails' })
  })

  test('karo logs tail shows an administrator what the journal has, and nobody else', async () => {
    const own = messagesOf(await machine.must('karo logs tail -n 1000 --json'))
    expect(own).toContain('ready')
    // The journal has the last of them later, and maybe more by then.
    const journal = async () => messagesOf(await machine.journal()).join('\n')
    await until(async () => (await journal()).includes(own.join('\n')), { what: `in the journal: ${own}` })
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

  test('root sees all of it: unit, key, owners, limits', async () => {
    const checks = await doctor()
    expect(find(checks, 'daemon.service').detail).toContain('enabled, watchdog 1min')
    expect(find(checks, 'home.directory').detail).toContain('/var/lib/karo')
    for (const id of ['home.key', 'home.owner', 'spool.directory', 'config.file', 'runtime.files']) {
      expect([id, find(checks, id).outcome]).toEqual([id, 'ok'])
    }
  })

  test('who has a node of their own that does not run is told of that one, not of the machine’s', async () => {
    await machine.must('useradd -m -s /bin/bash -G karo own')
    await machine.must("su - own -c 'karo --home ~/.local/share/karo init --json'")
    const checks = await doctor('own')
    expect(find(checks, 'home.directory').detail).toContain('/home/own')
    expect(find(checks, 'daemon.running')).toMatchObject({ outcome: 'fail' })
    expect(find(checks, 'daemon.running').fix).not.toContain('kill')
    const repaired = await machine.run("su - own -c 'karo doctor --egress --json'")
    expect([repaired.code, JSON.parse(repaired.output).error.code]).toEqual([3, 'not_running'])
  })

  test('somebody sees what is theirs to see; the rest says that it takes root', async () => {
    const checks = await doctor('ann')
    expect(failing(checks)).toEqual([])
    for (const id of ['home.key', 'home.owner', 'home.directory']) {
      expect([id, find(checks, id).outcome]).not.toEqual([id, 'fail'])
    }
    expect(find(checks, 'home.key').detail).toContain('sudo karo doctor')
    expect(find(checks, 'shell.hooks').fix).toBe('karo shell install bash')
    const refused = await machine.run(`su - ann -c 'karo doctor --egress'`)
    expect(refused.code).toBe(4)
    expect(refused.output).toContain('sudo karo doctor --egress')
  })

  test('who may not use the socket is told how they get there', async () => {
    await machine.must('useradd -m -s /bin/bash eve')
    // An administrator may keep the socket for a group.
    const dropIn = '/etc/systemd/system/karo.service.d/closed.conf'
    await machine.must(
      `mkdir -p $(dirname ${dropIn}) && printf '[Service]\\nRuntimeDirectoryMode=0750\\n' > ${dropIn} && systemctl daemon-reload && systemctl restart karo`,
    )
    const checks = await doctor('eve')
    await machine.must(`rm ${dropIn} && systemctl daemon-reload && systemctl restart karo`)
    expect(failing(checks)).toEqual(['daemon.running'])
    expect(find(checks, 'daemon.running').fix).toContain('usermod -aG karo eve')
  })

  test('every socket of the service is explained, those of journal and service manager too', async () => {
    const { code, output } = await machine.run('karo doctor --egress --json')
    const { sockets } = JSON.parse(output) as { sockets: readonly Explained[] }
    expect(sockets.filter(({ why }) => why === null)).toEqual([])
    expect(code).toBe(0)
    expect(sockets.map(({ why }) => why).join('\n')).toContain('NOTIFY_SOCKET')
  })

  test.each([
    ['a key others may read', 'home.key', 'chmod 640 /var/lib/karo/identity.key'],
    ['a file of root', 'home.owner', 'touch /var/lib/karo/db/planted'],
    ['a spool nobody may write', 'spool.directory', 'chmod 700 /var/spool/karo'],
    ['a spool of another group', 'spool.directory', 'chgrp 0 /var/spool/karo && chmod 3733 /var/spool/karo'],
    ['somebody in its group', 'spool.directory', 'gpasswd -a ann karo-spool'],
  ])(
    '%s: %s fails alone, root is shown how, --fix leaves it, and the command mends it',
    async (_, id, breaks) => {
      await machine.must(breaks)
      const sick = await doctor('root', '--fix')
      expect(failing(sick)).toEqual([id])
      await paste(find(sick, id).fix)
      expect(find(await doctor('root', `--only ${id}`), id).outcome).toBe('ok')
    },
  )

  test('somebody whose shells the machine records is told nothing false of their guard', async () => {
    expect(find(await doctor('ann'), 'shell.guard')).toMatchObject({ outcome: 'ok' })
    expect(find(await doctor(), 'shell.guard')).toMatchObject({ outcome: 'ok' })
  })

  test('one that hangs is not called dead: its lock stays, and the command that is shown mends it', async () => {
    const pid = await machine.must('systemctl show -P MainPID karo')
    await machine.must(`kill -STOP ${pid}`)
    const status = await machine.run("su - ann -c 'karo status'")
    expect([status.code, status.output]).toEqual([1, expect.stringContaining('sudo systemctl restart karo')])
    const hung = await doctor('root', '--fix')
    expect(find(hung, 'daemon.running')).toMatchObject({
      outcome: 'fail',
      fix: 'sudo systemctl restart karo',
    })
    expect(find(hung, 'daemon.leftovers')).toMatchObject({ outcome: 'ok', detail: 'none' })
    await paste(find(hung, 'daemon.running').fix)
    expect(failing(await doctor())).toEqual([])
  })

  test('stopped and disabled: both are said, and the commands bring it back', async () => {
    await machine.must('systemctl disable --now karo')
    const down = await doctor()
    expect(failing(down)).toEqual(['daemon.running', 'daemon.service'])
    expect(await machine.must('karo doctor --repair --dry-run')).toContain('is whole')
    const refused = await machine.run("su - ann -c 'karo doctor --repair --dry-run'")
    expect(refused.output).toContain('Run it with sudo')
    // Files that root made would be in the daemon's way.
    expect(await machine.must('find /var/lib/karo -uid 0')).toBe('')
    await paste(find(down, 'daemon.running').fix)
    const up = await doctor()
    expect(failing(up)).toEqual([])
    expect(find(up, 'daemon.service')).toMatchObject({ outcome: 'warn', fix: 'sudo systemctl enable karo' })
    await paste(find(up, 'daemon.service').fix)
    expect(find(await doctor(), 'daemon.service').outcome).toBe('ok')
  })
})
