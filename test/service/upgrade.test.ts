// This package over one of an earlier layout: its maintainer scripts, units, default configuration and database, without its program.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, inject, test } from 'vitest'
import { bootMachine, canBoot, type Machine } from '../support/node/machine.ts'
import { debOf, NEW } from '../support/node/packages.ts'
import { atEnd } from '../support/run/processes.ts'
import { until } from '../support/run/until.ts'

const EARLIER = join(import.meta.dirname, '../support/earlier')

const possible = canBoot()
if (!possible.ok)
  process.stderr.write(`no machine with systemd (${possible.reason}): no earlier package is upgraded here\n`)

describe.runIf(possible.ok)('a machine with an earlier package', () => {
  let machine: Machine
  const config = (): Promise<string> => machine.must('md5sum /etc/karo/config.toml')
  const service = () => machine.show('karo', 'ActiveState', 'NRestarts', 'StatusText')
  const json = async <T>(line: string): Promise<T> => JSON.parse(await machine.must(`${line} --json`)) as T

  beforeAll(async () => {
    machine = await bootMachine(inject('packages'))
    const work = mkdtempSync(join(tmpdir(), 'karo-earlier-'))
    atEnd(() => rmSync(work, { recursive: true, force: true }))
    execFileSync('tar', ['-xzf', join(EARLIER, '854f4bc.package.tar.gz'), '-C', work])
    execFileSync('dpkg-deb', [
      '--root-owner-group',
      '-Znone',
      '--build',
      work,
      machine.outside('/root/earlier.deb'),
    ])
    await machine.must('dpkg -i /root/earlier.deb')
    execFileSync('tar', [
      '-xzf',
      join(EARLIER, '854f4bc.home.tar.gz'),
      '-C',
      machine.outside('/var/lib/karo'),
    ])
    // The service's configuration and spool are elsewhere.
    await machine.must(
      'rm -r /var/lib/karo/config.toml /var/lib/karo/spool; chown -R karo:karo /var/lib/karo',
    )
    await machine.must('sed -i "s/^#name = .*/name = \\"ash\\"/" /etc/karo/config.toml')
  })

  test('dpkg --force-confold -i leaves the configuration as it was, and a service that starts with its data', async () => {
    const before = await config()
    await machine.must(`dpkg --force-confold -i ${debOf(NEW)}`)
    expect(await config()).toBe(before)
    // Its parts that start last have a moment to be ready.
    await until(async () => (await service()).StatusText === 'ash is ready', { what: 'it is ready' })
    expect(await service()).toMatchObject({ ActiveState: 'active', NRestarts: '0' })
    expect(await machine.journal()).toContain('karo config migrate')
    const { events } = await json<{ events: unknown[] }>('karo history')
    expect(events).toHaveLength(8)
    expect(await machine.must('stat -c "%a %U" /var/lib/karo/before-upgrade-from-3.tar')).toBe('600 karo')
  })

  test('karo config migrate rewrites the file, and the service starts without a warning', async () => {
    await machine.must('karo config migrate --home /etc/karo')
    await machine.must('systemctl restart karo')
    const lines = await until(
      async () => {
        const told = await machine.journal('-u karo _PID=$(systemctl show -P MainPID karo)')
        return told.includes('"ready"') && told
      },
      { what: 'it says that it is ready' },
    )
    expect(lines).not.toContain('karo config migrate')
  })

  test('the way back is one command while the service is stopped', async () => {
    await machine.must('systemctl stop karo')
    const copy = '/var/lib/karo/before-upgrade-from-3.tar'
    // Root's own home would become a second node with the key of the service.
    expect((await machine.run(`karo restore ${copy}`)).output).toContain('without --service')
    expect((await machine.run('ls /root/.local/share/karo')).code).not.toBe(0)
    await machine.must(`karo restore ${copy} --service --replace`)
    await machine.must('systemctl start karo')
    expect(await service()).toMatchObject({ ActiveState: 'active' })
    // The earlier build knew uids and no people, so root says whose the history is.
    await machine.must('karo people map 0 root --yes')
    expect((await json<{ events: unknown[] }>('karo history')).events).toHaveLength(8)
  })
})
