// The packages on a machine with a real systemd and no network: installed, run, reloaded, starved, upgraded, removed.
import { copyFileSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest'
import { canNamespaces, createLan } from '../support/node/lan.ts'
import { bootMachine, canBoot, configuring, type Machine } from '../support/node/machine.ts'
import { startNode } from '../support/node/node.ts'
import { debOf, NEW, OLD } from '../support/node/packages.ts'
import { until } from '../support/run/until.ts'

const VERSION = "dpkg-query -W -f '${Version}' karo"
/** Everything of ours on the machine, but what was brought there for the test and the accounts and logs that stay. */
const LEFTOVERS =
  'find / -xdev -name "*karo*" -not -path "/proc/*" -not -path "/sys/*" -not -path "/var/log/*" -not -path "/packages/*" -not -path "/home/*"'

/** Compiled code of a command that nobody has typed yet. */
const KEPT_CODE = '/usr/lib/karo/dist/.cache/*/explain-*.js > /dev/null'

/** The machine has no network to install it from. */
const BWRAP = '/usr/bin/bwrap'

/** Of a busy machine one of so many stops has the processor that it needs. */
const STOPS_TRIED = 5

const possible = canBoot()
if (!possible.ok)
  process.stderr.write(`no machine with systemd (${possible.reason}): the service is not tried here\n`)

/** Each test goes on where the one before it ended, as an administrator would. */
describe.runIf(possible.ok)('a machine of its own', () => {
  let machine: Machine
  let identity: { node_id: string }

  beforeAll(async () => {
    const packages = inject('packages')
    if (existsSync(BWRAP)) copyFileSync(BWRAP, join(packages, 'bwrap'))
    machine = await bootMachine(packages)
  })

  const state = (): Promise<Record<string, string>> =>
    machine.show('karo', 'ActiveState', 'Result', 'MainPID', 'NRestarts', 'StatusText')
  /** What the unit's own processes wrote, without what systemd says of them. */
  const said = async (): Promise<readonly string[]> => {
    return (await machine.journal('_SYSTEMD_UNIT=karo.service')).split('\n')
  }
  const json = async <T>(line: string): Promise<T> =>
    JSON.parse(await machine.must(`${line} --json || [ $? = 5 ]`)) as T
  /** Puts `key = value` below `[section]`, in the file that the package brought. */
  const configure = (section: string, line: string): Promise<string> =>
    machine.must(configuring(section, line))
  const unconfigure = (line: string): Promise<string> =>
    machine.must(`sed -i '/^${line}$/d' /etc/karo/config.toml`)

  test('has no network, and nothing but what Debian calls minimal', async () => {
    expect(await machine.must('cat /proc/net/dev | tail -n +3 | cut -d: -f1 | xargs')).toBe('lo')
    expect((await machine.run('command -v node')).code).not.toBe(0)
  })

  test('installing starts the service, which says itself that it is ready', async () => {
    expect(await machine.must(`dpkg -i ${debOf(OLD)}`)).toContain('goes on with: karo shell install')
    expect(await state()).toMatchObject({
      ActiveState: 'active',
      Result: 'success',
      StatusText: 'machine is ready',
    })
    expect(await machine.must('systemctl is-enabled karo')).toBe('enabled')
    // Only the daemon's own word makes a unit of this type active.
    expect(await machine.show('karo', 'Type', 'User', 'WatchdogUSec')).toMatchObject({
      Type: 'notify',
      User: 'karo',
    })
    identity = await json('karo status')
    expect(identity).toMatchObject({ name: 'machine', health: { ready: true } })
  })

  test('files are where the documentation says, with the modes that guard them', async () => {
    const paths =
      '/var/lib/karo /var/lib/karo/identity.key /var/spool/karo /run/karo/karo.sock /etc/karo/config.toml'
    expect((await machine.must(`stat -c '%a %U:%G %n' ${paths}`)).split('\n')).toEqual([
      '700 karo:karo /var/lib/karo',
      '600 karo:karo /var/lib/karo/identity.key',
      '3733 karo:karo-spool /var/spool/karo',
      '666 karo:karo /run/karo/karo.sock',
      '644 root:root /etc/karo/config.toml',
    ])
    expect(await machine.must('dpkg --verify karo')).toBe('')
    const found = '/usr/share/man/man1/karo-peers.1.gz /usr/share/man/man5/karo.toml.5.gz'
    await machine.must(`ls ${found} /usr/share/zsh/vendor-completions/_karo`)
    expect(
      await machine.must('bash -c ". /usr/share/bash-completion/completions/karo; complete -p karo"'),
    ).toContain('karo')
  })

  test('the command line of any user finds it; each may speak to it for themselves', async () => {
    await machine.must('useradd -m ann && useradd -m -G karo bob')
    expect((await machine.run('su ann -c "karo status"')).code).toBe(0)
    expect((await machine.run('su bob -c "karo status"')).code).toBe(0)
    for (const second of ['init --solo', 'up', 'service install'])
      expect((await machine.run(`su bob -c "karo ${second}"`)).output).toContain('runs a node for everybody')
    // Ann does not own the program, so the code that was compiled of it lay there before.
    await machine.must(`su ann -c "cat ${KEPT_CODE}"`)
    // Everybody may leave records, and nobody may look at who else does.
    expect((await machine.run('su ann -c "umask 027; echo x > /var/spool/karo/x"')).code).toBe(0)
    expect(await machine.must('stat -c "%U:%G" /var/spool/karo/x')).toBe('ann:karo-spool')
    expect((await machine.run('su bob -c "ls /var/spool/karo"')).code).not.toBe(0)
    expect((await machine.run('su bob -c "rm -f /var/spool/karo/x"')).code).not.toBe(0)
    await machine.must('rm /var/spool/karo/x')
  })

  test('the sandbox is in force, and its exposure is what the tool calls OK', async () => {
    const { MainPID = '' } = await state()
    const status = await machine.must(`cat /proc/${MainPID}/status`)
    expect(status).toMatch(/^CapBnd:\t0{16}$/m)
    expect(status).toMatch(/^NoNewPrivs:\t1$/m)
    expect(status).toMatch(/^Seccomp:\t2$/m)
    const mounts = await machine.must(`cat /proc/${MainPID}/mounts`)
    expect(mounts).toMatch(/^\S+ \/ \S+ ro,/m)
    await machine.must('systemd-analyze security --threshold=20 karo')
    expect((await machine.run('systemd-analyze security --threshold=10 karo')).code).not.toBe(0)
    expect(await machine.must('systemd-analyze verify karo.service')).toBe('')
  })

  test('the journal has one JSON object a line', async () => {
    const lines = await said()
    expect(lines.length).toBeGreaterThan(0)
    for (const line of lines) {
      expect(JSON.parse(line)).toMatchObject({
        level: 'info',
        time: expect.any(String),
        msg: expect.any(String),
      })
    }
  })

  test('the system lists it as karo', async () => {
    const { MainPID = '' } = await state()
    expect(await machine.must(`cat /proc/${MainPID}/comm`)).toBe('karo')
    expect(await machine.must('systemctl status karo --no-pager')).toContain(`Main PID: ${MainPID} (karo)`)
  })

  test.skipIf(!existsSync(BWRAP))(
    'karo-exec builds jails inside its own sandbox; without it agents are locked',
    async () => {
      const agents = async () => (await json<{ agents: { state: string } }>('karo status')).agents.state
      const become = (state: string) =>
        until(async () => (await agents()) === state, { what: `agents are ${state}`, pollMs: 200 })
      expect(await agents()).toBe('off')
      await machine.must('install -m 755 /packages/bwrap /usr/bin/bwrap')
      await configure('agents', 'enabled = true')
      await machine.must('systemctl restart karo')
      await become('locked')
      await machine.must('systemctl enable --now karo-exec')
      await become('ready')
      const { MainPID = '' } = await machine.show('karo-exec', 'MainPID')
      const status = await machine.must(`cat /proc/${MainPID}/status`)
      expect(status).toMatch(/^CapBnd:\t0{16}$/m)
      expect(status).toMatch(/^NoNewPrivs:\t1$/m)
      expect(await machine.must(`stat -c '%U' /proc/${MainPID}`)).toBe('karo-exec')
      await machine.must('systemd-analyze security --threshold=25 karo-exec')
      // What watches a jail whose program is no part of the system; in the systemd of Debian 12 no group of calls has it.
      const { SystemCallFilter } = await machine.show('karo-exec', 'SystemCallFilter')
      expect(SystemCallFilter?.split(' ')).toContain('seccomp')
      expect(await machine.must('systemd-analyze verify karo-exec.service')).toBe('')
      // Somebody else gets no word from it, not even root.
      const greeting = `/usr/lib/karo/bin/node -e "require('net').connect('/run/karo-exec/karo-exec.sock').on('data', (b) => console.log(b.length))"`
      expect(await machine.must(greeting)).toBe('')

      await machine.must('systemctl stop karo-exec')
      await become('locked')
      expect((await json<{ health: { ready: boolean } }>('karo status')).health.ready).toBe(false)
      await machine.must('systemctl start karo-exec')
      await become('ready')
      await machine.must('systemctl kill -s KILL karo-exec')
      await become('ready')
      await machine.must('systemctl disable --now karo-exec')
      await unconfigure('enabled = true')
      await machine.must('systemctl restart karo')
      expect(await agents()).toBe('off')
    },
  )

  test('the timer of reports starts a service that asks as root without a capability, and keeps what it was told', async () => {
    expect(await machine.must('systemctl is-enabled karo-report.timer || true')).toBe('disabled')
    await machine.must('systemctl enable --now karo-report.timer')
    expect(await machine.must('systemctl list-timers --no-pager karo-report.timer')).toContain('Mon ')
    expect(await machine.must('systemd-analyze verify karo-report.service karo-report.timer')).toBe('')
    // This machine has no certificate with a role that reads totals: the daemon refuses, and the unit says so.
    expect((await machine.run('systemctl start karo-report')).code).not.toBe(0)
    expect(await machine.show('karo-report', 'Result', 'ExecMainStatus')).toEqual({
      Result: 'exit-code',
      ExecMainStatus: '4',
    })
    await machine.must(
      `mkdir -p /etc/systemd/system/karo-report.service.d && printf '[Service]\\nExecStart=\\nExecStart=/bin/sh -c "cd $$STATE_DIRECTORY; karo status --json > now; ! cat /var/lib/karo/identity.key"\\n' > /etc/systemd/system/karo-report.service.d/now.conf && systemctl daemon-reload && systemctl start karo-report`,
    )
    expect(await machine.must('stat -c "%a %U" /var/lib/karo-report /var/lib/karo-report/now')).toBe(
      '700 root\n600 root',
    )
    expect(JSON.parse(await machine.must('cat /var/lib/karo-report/now'))).toMatchObject({ name: 'machine' })
    await machine.must('rm -r /etc/systemd/system/karo-report.service.d && systemctl daemon-reload')
  })

  test('reload takes over what it can, names what has to wait, and keeps the process', async () => {
    const { MainPID } = await state()
    await configure('sharing', 'max_level = 1')
    await configure('mesh', 'port = 9300')
    await machine.must('systemctl reload karo')
    // What waits is told last.
    await until(async () => (await machine.journal()).includes('"waiting":["mesh.port"]'), {
      what: 'it was reloaded',
    })
    expect(await machine.journal()).toContain('"applied":["sharing.max_level"]')
    expect(await json('karo share show')).toMatchObject({ max_level: 1 })
    await until(async () => (await state()).ActiveState === 'active', { what: 'reloading has ended' })
    expect(await json('karo config reload --restart')).toEqual({ applied: ['mesh.port'], waiting: [] })
    expect(await json('karo config reload')).toEqual({ applied: [], waiting: [] })
    await until(async () => (await state()).ActiveState === 'active', { what: 'restarting has ended' })
    expect((await state()).MainPID).toBe(MainPID)
    await unconfigure('port = 9300')
    await json('karo config reload --restart')
  })

  test('a file that cannot be used fails the reload, which the daemon knows, and changes nothing', async () => {
    const { MainPID } = await state()
    const reloaded = async (): Promise<string | undefined> => {
      const script =
        'require("http").get({ socketPath: "/run/karo/karo.sock", path: "/metrics" }, (r) => r.pipe(process.stdout))'
      const metrics = await machine.must(`/usr/lib/karo/bin/node -e '${script}'`)
      return /^karo_config_last_reload_successful (.*)$/m.exec(metrics)?.[1]
    }
    expect(await reloaded()).toBe('1')
    await configure('sharing', 'k_min = "many"')
    expect((await machine.run('systemctl reload karo')).code).not.toBe(0)
    await until(async () => (await reloaded()) === '0', { what: 'the metric says so' })
    await until(async () => /config\.toml:\d+: sharing\.k_min/.test(await machine.journal()), {
      what: 'the log says where',
    })
    expect(await state()).toMatchObject({ ActiveState: 'active', MainPID })
    // What the unit's commands say beside the daemon would stand between its lines.
    for (const line of await said()) expect(line).toMatch(/^\{.*\}$/)
    await unconfigure('k_min = "many"')
    await configure('policy', 'files = ["/etc/karo/none.cedar"]')
    expect((await machine.run('systemctl reload karo')).code).not.toBe(0)
    await unconfigure('files = .*')
    await machine.must('systemctl reload karo')
    await until(async () => (await reloaded()) === '1', { what: 'a file that can be used is in force' })
    await configure('sharing', 'k_min = "many"')
    await machine.must('systemctl kill -s HUP karo')
    await until(async () => (await reloaded()) === '0', { what: 'the bare signal does the same' })
    expect(await state()).toMatchObject({ ActiveState: 'active', MainPID })
    expect(await json('karo share show')).toMatchObject({ max_level: 1 })
    // Nor does it start with it, nor try for ever.
    await machine.run('systemctl restart karo')
    expect(await state()).toMatchObject({ ActiveState: 'failed', NRestarts: '0' })
    await unconfigure('k_min = "many"')
    await machine.must('systemctl start karo')
  })

  test('a daemon that hangs is killed by the watchdog and started again, as the same node', async () => {
    const unlimited = () =>
      machine.must('rm -rf /run/systemd/system/karo.service.d && systemctl daemon-reload')
    onTestFinished(async () => void (await unlimited()))
    await machine.must('mkdir -p /run/systemd/system/karo.service.d')
    await machine.must(
      "printf '[Service]\\nWatchdogSec=30\\n' > /run/systemd/system/karo.service.d/test.conf",
    )
    await machine.must('systemctl daemon-reload && systemctl restart karo')
    const before = await state()
    // One that works is fed: it outlives its limit.
    const began = Number(
      (await machine.show('karo', 'WatchdogTimestampMonotonic')).WatchdogTimestampMonotonic,
    )
    await until(
      async () =>
        Number((await machine.show('karo', 'WatchdogTimestampMonotonic')).WatchdogTimestampMonotonic) >
        began + 30e6,
      { what: 'it was fed beyond the limit', pollMs: 500 },
    )
    expect(await state()).toMatchObject({ MainPID: before.MainPID, NRestarts: '0' })

    await machine.must(`kill -STOP ${before.MainPID}`)
    await until(async () => (await state()).NRestarts === '1', {
      what: 'it was restarted',
      pollMs: 200,
      deadlineMs: 300_000,
    })
    expect(await machine.journal()).toContain('Watchdog timeout')
    await until(async () => (await state()).ActiveState === 'active', { what: 'it runs again' })
    expect((await state()).MainPID).not.toBe(before.MainPID)
    expect((await json<typeof identity>('karo status')).node_id).toBe(identity.node_id)
    await unlimited()
    await machine.must('systemctl restart karo')
  })

  test('a home that is read-only for long is tried until it can be written', async () => {
    const home = '/var/lib/karo'
    onTestFinished(async () => {
      await machine.run(`umount ${home}; rm -rf /run/systemd/system/karo.service.d; systemctl daemon-reload`)
      await machine.must('systemctl reset-failed karo; systemctl restart karo')
    })
    await machine.must('mkdir -p /run/systemd/system/karo.service.d')
    await machine.must(
      "printf '[Service]\\nRestartSec=100ms\\n' > /run/systemd/system/karo.service.d/test.conf",
    )
    await machine.must(`systemctl daemon-reload && systemctl stop karo && mount --bind ${home} ${home}`)
    await machine.must(`mount -o remount,bind,ro ${home}`)
    await machine.run('systemctl start karo')
    // More often than systemd would by itself.
    await until(async () => Number((await state()).NRestarts) > 12, { what: 'it is tried', pollMs: 200 })
    expect(await machine.journal()).toContain('read-only (EROFS)')
    await machine.must(`mount -o remount,bind,rw ${home}`)
    await until(async () => (await state()).ActiveState === 'active', { what: 'it runs' })
  })

  test('it stops by itself before it would be killed', async () => {
    expect(await machine.show('karo', 'TimeoutStopUSec')).toEqual({ TimeoutStopUSec: '5s' })
    // A busy machine now and then takes longer than the five seconds, and a daemon that hangs does so each time.
    for (let tries = 1; ; tries++) {
      await machine.must('systemctl stop karo')
      const stopped = await state()
      // Such as `timeout`, which says that it was killed.
      if (stopped.Result !== 'success' && tries < STOPS_TRIED) {
        await machine.must('systemctl start karo')
        continue
      }
      expect(stopped).toMatchObject({ ActiveState: 'inactive', Result: 'success' })
      break
    }
    const resting = await machine.run('su bob -c "karo status"')
    expect([resting.code, resting.output]).toEqual([3, expect.stringContaining('systemctl start karo')])
    await machine.must('systemctl start karo')
  })

  test('it starts with the machine, after its directories', async () => {
    await machine.must('karo share off')
    await machine.reboot()
    await until(async () => (await state()).ActiveState === 'active', { what: 'it runs after the reboot' })
    const at = async (unit: string, property: string): Promise<number> =>
      Number((await machine.show(unit, property))[property])
    const began = await at('karo', 'InactiveExitTimestampMonotonic')
    for (const unit of ['systemd-tmpfiles-setup.service', 'sysinit.target']) {
      expect(await at(unit, 'ActiveEnterTimestampMonotonic'), unit).toBeGreaterThan(0)
      expect(await at(unit, 'ActiveEnterTimestampMonotonic'), unit).toBeLessThanOrEqual(began)
    }
    expect((await json<typeof identity>('karo status')).node_id).toBe(identity.node_id)
    expect(await json('karo share show')).toMatchObject({ sharing: 'off' })
  })

  test.each([
    ['an upgrade', OLD, NEW],
    ['the way back', NEW, OLD],
  ])('%s restarts it and keeps key, decisions, ledger and configuration', async (_name, from, to) => {
    expect(await machine.must(VERSION)).toBe(from)
    const { MainPID } = await state()
    const before = await json<{ entries: number }>('karo audit verify')
    await machine.must(`dpkg -i ${debOf(to)}`)
    expect(await machine.must(VERSION)).toBe(to)
    expect((await state()).MainPID).not.toBe(MainPID)
    expect(await state()).toMatchObject({ ActiveState: 'active', NRestarts: '0' })
    expect((await json<typeof identity>('karo status')).node_id).toBe(identity.node_id)
    expect(await json('karo share show')).toMatchObject({ sharing: 'off', max_level: 1 })
    const after = await json<{ ok: boolean; entries: number }>('karo audit verify')
    expect(after.ok).toBe(true)
    expect(after.entries).toBeGreaterThan(before.entries)
  })

  test('a key with a passphrase is opened by what systemd hands over, and by nothing else', async () => {
    const asKaro = 'runuser -u karo -- karo identity'
    const [secret, dropIn] = ['vier Woerter sind besser', '/etc/systemd/system/karo.service.d']
    const restart = async (): Promise<Record<string, string>> => {
      await machine.run('systemctl daemon-reload; systemctl reset-failed karo; systemctl restart karo')
      return state()
    }
    await machine.must(`umask 077; mkdir ${dropIn}; printf '%s\\n' '${secret}' > /root/secret`)
    await machine.must(`${asKaro} protect --home /var/lib/karo --passphrase-file - < /root/secret`)
    expect(await machine.must('stat -c "%a %U:%G" /var/lib/karo/identity.key')).toBe('600 karo:karo')

    // Without it: an error that says what to do, and no second try.
    expect(await restart()).toMatchObject({ ActiveState: 'failed', NRestarts: '0' })
    expect(await machine.journal('-u karo -n 20')).toMatch(
      /passphrase, and none was given[\s\S]*karo-key-passphrase/,
    )

    const load = (line: string): Promise<string> =>
      machine.must(`printf '[Service]\\n${line}\\n' > ${dropIn}/passphrase.conf`)
    await load('LoadCredential=karo-key-passphrase:/root/secret')
    expect(await restart()).toMatchObject({ ActiveState: 'active' })
    expect((await json<typeof identity>('karo status')).node_id).toBe(identity.node_id)
    const { MainPID } = await state()
    expect(
      (await machine.run(`grep -aq '${secret}' /proc/${MainPID}/environ /proc/${MainPID}/cmdline`)).code,
    ).toBe(1)
    await machine.must('systemd-analyze security --threshold=20 karo')

    await machine.must('printf wrong-words > /root/wrong')
    await load('LoadCredential=karo-key-passphrase:/root/wrong')
    expect(await restart()).toMatchObject({ ActiveState: 'failed', NRestarts: '0' })
    expect(await machine.journal('-u karo -n 20')).toContain('does not open the key')

    // Encrypted for this machine alone, and what the unit finds without a drop-in.
    const sealed = '/root/sealed'
    await machine.must(
      `systemd-creds encrypt --with-key=host --name=karo-key-passphrase /root/secret ${sealed}`,
    )
    await load(`LoadCredential=\\nLoadCredentialEncrypted=karo-key-passphrase:${sealed}`)
    expect(await restart()).toMatchObject({ ActiveState: 'active' })
    await machine.must(
      `rm ${dropIn}/passphrase.conf; install -D -m 600 /root/secret /etc/credstore/karo-key-passphrase`,
    )
    expect(await restart()).toMatchObject({ ActiveState: 'active' })

    await machine.must(`${asKaro} unprotect --home /var/lib/karo --passphrase-file - < /root/secret`)
    await machine.must(`rm -r ${dropIn} /etc/credstore /root/secret /root/wrong ${sealed}`)
    expect(await restart()).toMatchObject({ ActiveState: 'active' })
    expect((await json<typeof identity>('karo status')).node_id).toBe(identity.node_id)
  })

  test("what an administrator wrote into the configuration stays, also when the package's own changes", async () => {
    // As if the version that is here had brought another one.
    const conffile = '/etc/karo/config.toml'
    await machine.must(`sed -i 's#^ ${conffile} .*# ${conffile} ${'0'.repeat(32)}#' /var/lib/dpkg/status`)
    const before = await machine.must(`md5sum ${conffile}`)
    // It asks; nobody being there to answer is no leave to overwrite.
    expect((await machine.run(`dpkg -i ${debOf(OLD)} < /dev/null`)).code).not.toBe(0)
    expect(await machine.must(`md5sum ${conffile}`)).toBe(before)
    await machine.must(`dpkg --force-confdef --force-confold -i ${debOf(OLD)}`)
    expect(await machine.must(`md5sum ${conffile}`)).toBe(before)
    await machine.must(`test -e ${conffile}.dpkg-dist && rm ${conffile}.dpkg-dist`)
    expect(await state()).toMatchObject({ ActiveState: 'active' })
    expect((await json<typeof identity>('karo status')).node_id).toBe(identity.node_id)
  })

  test('an administrator who disabled it finds it disabled after an upgrade', async () => {
    await machine.must('systemctl disable --now karo')
    await machine.must(`dpkg -i ${debOf(NEW)}`)
    expect((await machine.run('systemctl is-enabled karo')).output.trim()).toBe('disabled')
    expect(await state()).toMatchObject({ ActiveState: 'inactive' })
    await machine.must('systemctl enable --now karo')
  })

  test.runIf(canNamespaces().ok)(
    'from inside its sandbox it finds a node of the LAN by mDNS, and is linked to it',
    async () => {
      const [outside] = createLan(1).members
      machine.connect(outside!.netns, '10.98.0.1/24', '10.98.0.2/24')
      await machine.must('systemctl restart karo')
      const other = await startNode({ name: 'outside', netns: outside!.netns })
      const { node_id } = await other.status()
      const sees = (peers: readonly { node_id: string }[], id: string): boolean =>
        peers.some((peer) => peer.node_id === id)
      type Peers = { peers: { node_id: string }[] }
      await until(async () => sees((await other.json<Peers>(['peers'])).peers, identity.node_id), {
        what: 'the other sees the machine',
        pollMs: 200,
      })
      await machine.must(`karo peers trust ${node_id}`)
      await other.json(['peers', 'trust', identity.node_id])
      await until(async () => (await other.status()).mesh.peers_trusted === 1, {
        what: 'they are linked',
      })
      expect(await json('karo status')).toMatchObject({ mesh: { peers_trusted: 1, members_known: 1 } })
      await other.stop()
    },
  )

  test("a person's own unit works by itself, and stands back where the machine's runs", async () => {
    // Without pam_systemd, which would bring a login manager, the user's manager is told where it is.
    const dropIn = '/run/systemd/system/user@.service.d'
    const settings = '[Service]\\nPAMName=\\nEnvironment=XDG_RUNTIME_DIR=/run/user/%%i HOME=/home/ann\\n'
    await machine.must(
      `mkdir -p ${dropIn} && printf '${settings}' > ${dropIn}/test.conf && systemctl daemon-reload`,
    )
    await machine.must('systemctl start user@$(id -u ann).service')
    const ann = (line: string): string => `su - ann -c 'export XDG_RUNTIME_DIR=/run/user/$(id -u); ${line}'`
    await machine.run(ann('systemctl --user start karo'))
    expect(await machine.must(ann('systemctl --user is-active karo || true'))).toBe('inactive')
    await machine.must('systemctl stop karo')
    await machine.must(ann('systemctl --user start karo'))
    const own = JSON.parse(await machine.must(ann('karo status --json'))) as typeof identity
    expect(own.node_id).not.toBe(identity.node_id)
    await machine.must(ann('systemctl --user reload karo'))
    await machine.must(ann('systemctl --user stop karo'))
    expect(await machine.must(ann('systemctl --user show -p Result karo'))).toBe('Result=success')
    await machine.must('systemctl stop user@$(id -u ann).service; systemctl start karo')
  })

  test('removing takes the program and leaves the data; installing again finds them', async () => {
    // What root's own use of the program has left is no reason to stay.
    await machine.must('karo --version && dpkg -r karo')
    expect(
      (await machine.run('ls -d /usr/lib/karo /usr/bin/karo /usr/lib/systemd/system/karo.service')).output,
    ).not.toMatch(/^\//m)
    expect(await machine.must('ls /var/lib/karo/identity.key /etc/karo/config.toml')).not.toBe('')
    expect((await state()).ActiveState).toBe('inactive')
    await machine.must(`dpkg -i ${debOf(NEW)}`)
    expect((await json<typeof identity>('karo status')).node_id).toBe(identity.node_id)
  })

  test('its key is rotated by the account that has it, as the command itself says', async () => {
    const advised = (await machine.run('karo identity rotate')).output
    const [command] = /runuser -u karo -- karo identity rotate .*/.exec(advised) ?? []
    await machine.must(command!)
    const isRotated = async () => (await json<typeof identity>('karo status')).node_id !== identity.node_id
    await until(isRotated, { what: 'the new key of the service' })
    expect(await machine.must('stat -c "%a %U:%G" /var/lib/karo/identity.key')).toBe('600 karo:karo')
  })

  test('a purge leaves nothing', async () => {
    // It lets machines in, and no package brought it.
    await machine.must('mkdir -p /etc/karo && touch /etc/karo/enrolment.json')
    await machine.must('dpkg --purge karo')
    const left = await machine.run(
      'ls -d /usr/lib/karo /usr/bin/karo /etc/karo /var/lib/karo /var/spool/karo /run/karo',
    )
    expect(left.output).not.toMatch(/^\//m)
    expect((await machine.run('systemctl cat karo')).code).not.toBe(0)
    expect(await machine.must(LEFTOVERS)).toBe('')
  })

  test('the offline bundle installs the same, refuses damage, upgrades, and goes', async () => {
    const name = (version: string): string => `karo-${version}-linux-${process.arch}`
    // As somebody unpacks and installs it whose files are nobody else's.
    const closed = 'umask 077'
    for (const version of [OLD, NEW])
      await machine.must(
        `${closed}; tar --no-same-permissions -C /root -xf /packages/${name(version)}.tar.gz`,
      )
    await machine.must(
      `cp -R /root/${name(OLD)} /root/damaged && echo >> /root/damaged/root/usr/lib/karo/dist/karo.js`,
    )
    const damaged = await machine.run('/root/damaged/install.sh')
    expect(damaged.code).not.toBe(0)
    expect((await machine.run('ls -d /usr/lib/karo')).code).not.toBe(0)

    await machine.must(`${closed}; /root/${name(OLD)}/install.sh`)
    await machine.must(`runuser -u nobody -- karo --version && runuser -u nobody -- cat ${KEPT_CODE}`)
    const first = await json<typeof identity>('karo status')
    const { MainPID } = await state()
    await configure('sharing', 'max_level = 0')
    // As if the old one had brought a page that the new one has no more.
    const page = 'usr/share/man/man1/karo-gone.1.gz'
    await machine.must(`touch /${page} && echo ${page} >> /usr/lib/karo/installed-files`)
    await machine.must(`/root/${name(NEW)}/install.sh`)
    expect((await machine.run(`test -e /${page}`)).code).toBe(1)
    expect((await state()).MainPID).not.toBe(MainPID)
    expect(await json<typeof identity>('karo status')).toMatchObject({ node_id: first.node_id })
    expect(await json('karo share show')).toMatchObject({ max_level: 0 })
    await machine.must('systemctl is-enabled karo')
    await machine.must(`/root/${name(OLD)}/install.sh`)
    expect(await json<typeof identity>('karo status')).toMatchObject({ node_id: first.node_id })
    expect(await json('karo share show')).toMatchObject({ max_level: 0 })

    await machine.must(`/root/${name(NEW)}/install.sh --remove`)
    expect((await machine.run('ls -d /usr/lib/karo /usr/bin/karo')).output).not.toMatch(/^\//m)
    expect(await machine.must(`/root/${name(NEW)}/install.sh --no-start`)).toContain('systemctl restart karo')
    expect((await state()).ActiveState).toBe('inactive')
    await machine.must('systemctl start karo')
    expect((await json<typeof identity>('karo status')).node_id).toBe(first.node_id)

    // A package takes its place, and once removed has nothing to say about it.
    await machine.must('touch /usr/lib/karo/dist/of-the-archive.js')
    const before = await state()
    await machine.must(`dpkg --force-confold -i ${debOf(NEW)}`)
    expect((await state()).MainPID).not.toBe(before.MainPID)
    await machine.must('dpkg -r karo')
    expect((await machine.run('ls -d /usr/lib/karo')).code).not.toBe(0)
    await machine.must(`/root/${name(NEW)}/install.sh`)
    await machine.must('dpkg --purge karo && systemctl restart karo')
    expect((await json<typeof identity>('karo status')).node_id).toBe(first.node_id)

    await machine.must(`/root/${name(NEW)}/install.sh --purge`)
    expect(
      (await machine.run('ls -d /usr/lib/karo /etc/karo /var/lib/karo /var/spool/karo')).output,
    ).not.toMatch(/^\//m)
    expect(await machine.must(`${LEFTOVERS} -not -path "/root/*"`)).toBe('')
  })
})
