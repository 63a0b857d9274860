// Several people on one machine, under a real systemd: each has their own commands and numbers, and nobody else's.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, inject, test } from 'vitest'
import type {
  AuditEntryShape,
  EventShape,
  SharePreviewShape,
  SharingView,
  StatisticsShape,
  StatusShape,
} from '../../src/api/contract/shapes.ts'
import { quoteShell as quote } from '../../src/base/quote.ts'
import { bootMachine, canBoot, configuring, type Machine } from '../support/node/machine.ts'
import { debOf, OLD } from '../support/node/packages.ts'
import { until } from '../support/run/until.ts'
import type { ProcessesShape } from '../support/shapes.ts'

/** Somebody who was never met; to trust a key it need not be. */
const STRANGER = 'karo:ed25519:FhkqiNXPZFQEtgwQ9EaEgJyP94f7pnfeWiVqyRqxK50'
const SPOOL = '/var/spool/karo'
const SOCKET = '/run/karo/karo.sock'

/** Asks the socket what the command line never would: `request.cjs [{"path": "/api/v1/…", "headers": …}, …]`. */
const REQUEST = `
const { request } = require('node:http')
const one = (asked) => new Promise((resolve) => {
  request({ socketPath: '${SOCKET}', ...asked }, (response) => {
    let body = ''
    response.on('data', (bytes) => (body += bytes))
    response.on('end', () => resolve({ status: response.statusCode, body }))
  }).end()
})
Promise.all(JSON.parse(process.argv[2]).map(one)).then((answers) => console.log(JSON.stringify(answers)))
`

interface History {
  readonly events: readonly EventShape[]
  readonly total: number
}

const possible = canBoot()
if (!possible.ok)
  process.stderr.write(`no machine with systemd (${possible.reason}): several users are not tried here\n`)

/** Ann and Bob may use the node, Eve not yet; each test goes on where the one before it ended. */
describe.runIf(possible.ok)('a machine of several people', () => {
  let machine: Machine

  const run = (user: string, line: string) => machine.run(`su - ${user} -c ${quote(line)}`)
  const must = (user: string, line: string) => machine.must(`su - ${user} -c ${quote(line)}`)
  const json = async <T>(user: string, line: string): Promise<T> =>
    JSON.parse(await must(user, `karo ${line} --json`)) as T
  const commands = async (user: string): Promise<string[]> =>
    (await json<History>(user, 'history --limit 1000')).events.map(({ command }) => command)
  /** An interactive bash of theirs at a terminal, as a login gives it, with their own start file. */
  const type = (user: string, ...lines: readonly string[]) =>
    must(user, `printf '%s\\n' ${[...lines, 'exit'].map(quote).join(' ')} | script -qec 'bash -i' /dev/null`)
  /** The same, but the shell stays open after these lines. */
  const stay = (user: string, ...lines: readonly string[]) => {
    const typed = `printf '%s\\n' ${lines.map(quote).join(' ')}; sleep 3600`
    const shell = `(${typed}) | script -qec 'bash -i' /dev/null`
    return machine.must(`systemd-run -q --unit=shell-of-${user} su - ${user} -c ${quote(shell)}`)
  }
  const recorded = (user: string, command: string): Promise<unknown> =>
    until(async () => (await commands(user)).includes(command), {
      what: `${user} finds: ${command}`,
      pollMs: 200,
    })
  const ask = async (user: string, asked: readonly { path: string; headers?: object }[]) => {
    const line = `/usr/lib/karo/bin/node /packages/request.cjs ${quote(JSON.stringify(asked))}`
    return JSON.parse(await must(user, line)) as { status: number; body: string }[]
  }
  const spoolFiles = async (user: string): Promise<string[]> =>
    (await machine.must(`find ${SPOOL} -type f -user ${user} -name '*.spool'`)).split('\n').filter(Boolean)

  beforeAll(async () => {
    const packages = inject('packages')
    writeFileSync(join(packages, 'request.cjs'), REQUEST)
    machine = await bootMachine(packages)
    await machine.must(`dpkg -i ${debOf(OLD)}`)
    for (const user of ['ann', 'bob']) await machine.must(`useradd -m -s /bin/bash -G karo ${user}`)
    await machine.must('useradd -m -s /bin/bash eve')
  })

  test('whoever is in no group sees their own all the same', async () => {
    expect((await json<StatusShape>('eve', 'status')).you).toMatchObject({ admin: false, asks: false })
    expect(await must('eve', 'karo shell install')).toContain("this machine's node")
    await type('eve', 'echo canary-eve')
    await recorded('eve', 'echo canary-eve')
    expect((await commands('eve')).join('\n')).not.toMatch(/canary-(?:ann|bob)/)
    expect((await run('eve', `karo peers trust ${STRANGER}`)).code).toBe(4)
    expect((await run('eve', 'karo query tools')).code).toBe(4)
    expect((await run('eve', 'karo people list')).code).toBe(4)
  })

  test("the line that shell install puts there records to the machine's node, each person for themselves", async () => {
    for (const user of ['ann', 'bob']) {
      expect(await must(user, 'karo shell install')).toContain("this machine's node")
      expect((await run(user, 'ls ~/.local/share/karo')).code).not.toBe(0)
      await type(user, `echo canary-${user}`, 'ls -la')
    }
    await recorded('ann', 'echo canary-ann')
    await recorded('bob', 'echo canary-bob')
  })

  test('each sees their own in history, statistics and status, and root sees root’s', async () => {
    for (const [user, others] of [
      ['ann', ['bob', 'eve']],
      ['bob', ['ann', 'eve']],
    ] as const) {
      const all = await commands(user)
      expect(all).toContain(`echo canary-${user}`)
      for (const other of others) expect(all.join('\n')).not.toContain(`canary-${other}`)
      for (const other of others) {
        expect(await json<History>(user, `history canary-${other}`)).toEqual({ events: [], total: 0 })
      }
      expect((await json<StatisticsShape>(user, 'stats')).total_commands).toBe(all.length)
      const uid = Number(await machine.must(`id -u ${user}`))
      expect(await json<StatusShape>(user, 'status')).toMatchObject({
        service: true,
        you: { uid, admin: false, asks: false },
        store: { events: all.length },
      })
    }
    expect(await json<History>('root', 'history')).toEqual({ events: [], total: 0 })
    expect((await json<StatisticsShape>('root', 'stats')).total_commands).toBe(0)
    expect(await json<StatusShape>('root', 'status')).toMatchObject({
      you: { uid: 0, admin: true, asks: true },
      store: { events: 0 },
    })
  })

  test('each sees what their own programs use, root what root’s do; the service reads it without any right', async () => {
    await stay('ann', 'sleep 4001 &', 'wait')
    const now = (user: string) => json<ProcessesShape>(user, 'processes --now')
    const [found] = await until(
      async () => {
        const { processes } = await now('ann')
        return processes.length > 0 && processes
      },
      { what: 'ann’s program is seen', pollMs: 500 },
    )
    expect(found).toMatchObject({ name: 'sleep', shell: 'bash', running: true })
    expect(found!.peak_rss_bytes).toBeGreaterThan(100_000)
    for (const other of ['bob', 'eve', 'root']) {
      const { output } = await run(other, 'karo processes --json')
      expect(output).not.toContain(String(found!.pid))
    }
    await machine.must('systemctl stop shell-of-ann; systemctl reset-failed shell-of-ann || true')
    await until(async () => (await now('ann')).total === 0, {
      what: 'it is gone',
      pollMs: 500,
    })
  })

  test('nothing that is said on the socket makes somebody another', async () => {
    const bob = await machine.must('id -u bob')
    const paths = ['history', 'stats', 'share', 'share/preview', 'status'].map((name) => `/api/v1/${name}`)
    const headers = { 'x-uid': bob, 'x-forwarded-for': '127.0.0.1', 'x-remote-user': 'bob' }
    const own = await ask(
      'ann',
      paths.map((path) => ({ path, headers })),
    )
    expect(own.map(({ status }) => status)).toEqual(paths.map(() => 200))
    const wishes = [`uid=${bob}`, 'user=bob', 'caller[uid]=0'].map(encodeURI)
    const asked = await ask(
      'ann',
      paths.flatMap((path) => wishes.map((wish) => ({ path: `${path}?${wish}` }))),
    )
    for (const { status } of asked) expect([200, 400]).toContain(status)
    for (const { body } of [...own, ...asked]) expect(body).not.toContain('canary-bob')
    expect(own[0]!.body).toContain('canary-ann')
    expect((await ask('root', [{ path: '/api/v1/history' }]))[0]!.body).not.toContain('canary')
  })

  test('a token over TCP opens what is its person’s, and no more than they may', async () => {
    const token = await must('ann', 'karo token create --scope full --ttl 1h 2> /dev/null')
    const over = async (method: string, path: string) => {
      const headers = `{ authorization: 'Bearer ${token}', 'content-type': 'application/json' }`
      const body = method === 'GET' ? '' : `, body: JSON.stringify({ who: '${STRANGER}' })`
      const script = `fetch('http://127.0.0.1:9237${path}', { method: '${method}', headers: ${headers}${body} })
        .then(async (answer) => console.log(JSON.stringify([answer.status, await answer.text()])))`
      // By somebody else: the token says whose it is.
      return JSON.parse(await must('eve', `/usr/lib/karo/bin/node -e ${quote(script)}`)) as [number, string]
    }
    const [status, history] = await over('GET', '/api/v1/history')
    expect(status).toBe(200)
    expect(history).toContain('canary-ann')
    expect(history).not.toContain('canary-bob')
    expect((await over('POST', '/api/v1/peers/trust'))[0]).toBe(403)
    expect((await json<{ tokens: unknown[] }>('bob', 'token list')).tokens).toEqual([])
  })

  test('what shells have left can be read by nobody but the service and its owner', async () => {
    await stay('bob', 'echo bob-stays')
    await stay('ann', 'echo ann-stays')
    await recorded('bob', 'echo bob-stays')
    await recorded('ann', 'echo ann-stays')
    const [file] = await spoolFiles('bob')
    expect(file, 'a spool file of bob').toBeDefined()
    expect(await machine.must(`stat -c '%a %U:%G' ${file}`)).toBe('640 bob:karo-spool')
    // Ann knows its name, and is in the service's group.
    expect((await run('ann', `cat ${file}`)).code).not.toBe(0)
    expect((await run('ann', `echo forged >> ${file}`)).code).not.toBe(0)
    expect((await run('ann', `rm -f ${file}; mv ${file} ${file}.away`)).code).not.toBe(0)
    expect(await machine.must('getent group karo-spool')).toMatch(/:karo$/)
  })

  test('files that somebody put into the spool in another’s name are theirs who put them, or nobody’s', async () => {
    const bob = await machine.must('id -u bob')
    const [bobs] = await spoolFiles('bob')
    const [own] = await spoolFiles('ann')
    const named = (uid: string, n: number): string => `${SPOOL}/${uid}-4194303-179516250000000${n}.spool`
    const ann = await machine.must('id -u ann')
    await must(
      'ann',
      `ln -s ${bobs} ${named(ann, 1)}; ln -s ${bobs} ${named(bob, 2)}; mkfifo -m 666 ${named(bob, 3)}`,
    )
    // The kernel refuses a second name for what Ann cannot write.
    await run('ann', `ln ${bobs} ${named(ann, 4)}`)
    await must('ann', `sed s/ann-stays/forged-by-ann/ ${own} > ${named(bob, 5)}`)
    // Files of Bob's that everybody may write: by a second name, or moved, they would be in the spool as his.
    for (const [n, put] of [
      [6, 'ln'],
      [7, 'mv'],
    ] as const) {
      const file = `/home/ann/of-bob-${n}`
      await machine.must(
        `sed s/bob-stays/forged-for-bob/ ${bobs} > ${file} && chown bob ${file} && chmod 666 ${file}`,
      )
      await must('ann', `${put} ${file} ${named(bob, n)}`)
    }
    await type('bob', 'echo after-the-forgeries')
    await recorded('bob', 'echo after-the-forgeries')
    await until(async () => (await machine.must(`find ${SPOOL} -name '*-4194303-*' | wc -l`)) === '0', {
      what: 'what cannot be read, and what is of shells that are gone, is removed',
      pollMs: 500,
    })
    const anns = await commands('ann')
    expect(anns.join('\n')).not.toContain('canary-bob')
    // The records in Bob's name are the writer's own.
    expect(anns).toContain('echo forged-by-ann')
    expect((await commands('bob')).join('\n')).not.toMatch(/forged|canary-ann|ann-stays/)
    expect(await json<History>('root', 'history')).toMatchObject({ total: 0 })
  })

  test('one person’s open connections leave room for the others', async () => {
    const holds = `
      const { connect } = require('node:net')
      let open = 0, refused = 0
      for (let i = 0; i < 200; i++) connect('${SOCKET}')
        .on('connect', () => open++)
        .on('error', () => {})
        .on('close', () => ++refused)
      setInterval(() => { if (open === 200 && refused > 150) require('node:fs').writeFileSync('/home/ann/held', 'x') }, 50)
    `
    await machine.must(
      `systemd-run -q --unit=anns-connections su - ann -c ${quote(`/usr/lib/karo/bin/node -e ${quote(holds)}`)}`,
    )
    await until(async () => (await machine.run('cat /home/ann/held')).code === 0, {
      what: 'ann holds all she may',
      pollMs: 200,
    })
    await must('bob', 'karo status')
    expect((await run('ann', 'karo status')).code).not.toBe(0)
    await machine.must('systemctl stop anns-connections')
    await until(async () => (await run('ann', 'karo status')).code === 0, {
      what: 'she may again',
      pollMs: 200,
    })
  })

  test('who may not manage the node is told so, and it does not happen', async () => {
    for (const line of [
      `peers trust ${STRANGER}`,
      `peers deny ${STRANGER}`,
      `peers revoke ${STRANGER} --yes`,
    ]) {
      const refused = await run('ann', `karo ${line}`)
      expect(refused.code, line).toBe(4)
      expect(refused.output, line).toContain('only an administrator of this node may do this')
    }
    expect((await run('ann', 'karo query tools')).code).toBe(4)
    expect(await json('ann', 'peers')).toMatchObject({ peers: [] })
  })

  test('what one person consents to is neither shown to the other nor theirs to change', async () => {
    await must('root', `karo peers trust ${STRANGER} --name carol`)
    const anns = await json<SharingView>('ann', 'share allow carol')
    expect(anns).toMatchObject({ source: 'decision', allow: { peers: [STRANGER] } })
    expect(await json<SharingView>('bob', 'share show')).toMatchObject({
      source: 'config',
      allow: { peers: [] },
    })
    expect(await json<SharingView>('root', 'share show')).toMatchObject({ source: 'config' })
    const preview = await json<SharePreviewShape>('ann', 'share preview')
    expect(preview.summaries.length).toBeGreaterThan(0)
    for (const user of ['bob', 'root']) {
      expect((await json<SharePreviewShape>(user, 'share preview')).summaries).toEqual([])
    }
    const changes = async (user: string): Promise<number> => {
      const line = 'audit log --type consent_change'
      return (await json<{ entries: AuditEntryShape[] }>(user, line)).entries.length
    }
    expect([await changes('ann'), await changes('bob')]).toEqual([1, 0])
  })

  test('a member of karo-admin manages the node at once, and still sees nobody else’s', async () => {
    await machine.must('usermod -aG karo-admin ann')
    await until(async () => (await json<StatusShape>('ann', 'status')).you.admin, {
      what: 'ann is an administrator',
      pollMs: 500,
    })
    await must('ann', `karo peers deny ${STRANGER}`)
    await must('ann', 'karo query tools')
    expect((await commands('ann')).join('\n')).not.toContain('canary-bob')
    expect(await json<History>('ann', 'history after-the-forgeries')).toEqual({ events: [], total: 0 })
    await machine.must('gpasswd -d ann karo-admin')
    await until(async () => !(await json<StatusShape>('ann', 'status')).you.admin, {
      what: 'she is none any more',
      pollMs: 500,
    })
    expect((await run('ann', `karo peers trust ${STRANGER}`)).code).toBe(4)
  })

  test('access.askers lets people ask, as soon as it is set; a name that nobody has is told and grants nothing', async () => {
    await machine.must('karo config set access.askers bob,group:nobodies,zoe')
    await until(async () => (await json<StatusShape>('bob', 'status')).you.asks, {
      what: 'bob may ask',
      pollMs: 500,
    })
    await must('bob', 'karo query tools')
    expect((await run('ann', 'karo query tools')).code).toBe(4)
    expect((await run('bob', `karo peers trust ${STRANGER}`)).code).toBe(4)
    for (const entry of ['zoe', 'group:nobodies'])
      await until(async () => (await machine.journal()).includes(`"entry":"${entry}"`), {
        what: `the log names ${entry}, who is unknown`,
      })
  })

  test('the configuration that commands show and set is that of the machine; what their own commands read is each person’s', async () => {
    await must('root', 'karo config set access.askers bob')
    await machine.must(`grep -x 'askers = \\["bob"\\]' /etc/karo/config.toml`)
    expect(await must('ann', 'karo config get access.askers')).toBe('["bob"]')
    expect(await run('ann', 'karo config set access.askers ann')).toMatchObject({
      code: 4,
      output: expect.stringContaining('sudo karo config set access.askers ann\n'),
    })
    await must('ann', 'karo config set guard.profile strict')
    const profiles = ['ann', 'root'].map((user) => must(user, 'karo config get guard.profile'))
    expect(await Promise.all(profiles)).toEqual(['strict', 'moderate'])
    expect(await must('ann', 'karo guard')).toContain('strict (config.toml')
    expect(await must('ann', 'karo service status')).toContain('systemctl status karo')
    await must('ann', 'rm ~/.local/share/karo/config.toml')
  })

  test('commands that the machine’s configuration names are found by everybody, until they name others', async () => {
    const asked = async (user: string) =>
      (await json<{ command: string | null }>(user, "ask 'warm the price cache of north'")).command
    const written = (command: string, file: string) =>
      `printf '%% shopctl\\nshopctl ${command} {name}\\n  warm the price cache of {name}\\n' > ${file}`
    await machine.must(written('warm', '/etc/karo/commands.txt'))
    await machine.must(configuring('ask', 'knowledge = "/etc/karo/commands.txt"'))
    expect(await asked('ann')).toBe('shopctl warm north')
    expect(await must('ann', 'karo config list | grep ask.knowledge')).toContain('/etc/karo/config.toml:')
    await must('bob', `${written('heat', '~/commands.txt')}; karo config set ask.knowledge ~/commands.txt`)
    expect(await asked('bob')).toBe('shopctl heat north')
  })

  test('all shells of the machine, by one command of root; a uid that is used again has nothing of its first owner', async () => {
    expect(await machine.must('karo shell install --system')).toContain('/etc/bash.bashrc')
    await machine.must('useradd -m -s /bin/bash -u 4711 first')
    await type('first', 'echo canary-first')
    await recorded('first', 'echo canary-first')
    expect(await must('first', 'karo doctor --only shell.hooks')).toContain('the start file of the machine')
    expect(await must('first', 'karo shell uninstall bash')).toContain('KARO_PAUSE=1')
    expect(await json<SharingView>('first', 'share show')).toMatchObject({ source: 'config' })
    await machine.must('karo shell uninstall --system && userdel -r first')
    await machine.must('useradd -m -s /bin/bash -u 4711 second')
    await until(
      async () =>
        (await run('second', 'karo history canary-first')).code !== 0 ||
        (await commands('second')).length === 0,
      {
        what: 'the second owner of the uid sees nothing',
      },
    )
    expect(await machine.must('karo people list')).toContain('the uid belongs to second now')
    await machine.must('karo people remove first --yes')
    expect(await machine.must('karo people list')).not.toContain('first')
  })

  test("a node of one's own is for oneself: neither the hook nor the command line goes to the machine's", async () => {
    await must('eve', 'karo --home ~/.local/share/karo init --name own')
    expect(await must('eve', 'karo shell init bash')).toContain('/home/eve/.local/share/karo/spool')
    expect(await must('eve', 'KARO_HOME=/home/eve/other karo shell init bash')).toContain(
      '/home/eve/other/spool',
    )
    expect(await must('bob', 'karo shell init bash')).toContain(SPOOL)
    await must('eve', 'karo up --background')
    expect(await json<StatusShape>('eve', 'status')).toMatchObject({ name: 'own' })
    // As for a moment while it begins anew.
    await must('eve', 'cd ~/.local/share/karo && mv karo.sock away.sock')
    const { output } = await run('eve', 'karo peers --json')
    expect(JSON.parse(output)).toMatchObject({
      error: { code: 'not_running', where: '/home/eve/.local/share/karo/karo.sock' },
    })
    await must('eve', 'cd ~/.local/share/karo && mv away.sock karo.sock && karo stop')
  })

  test('what the machine does not record, the hooks do not write, unless its configuration is secret', async () => {
    await machine.must(configuring('history', 'ignore = ["secret-tool *"]'))
    expect(await must('bob', 'karo shell init bash')).toContain("__karo_ignore='secret-tool *'")
    await machine.must('chown root:karo-spool /etc/karo/config.toml && chmod 640 /etc/karo/config.toml')
    expect(await must('bob', 'karo shell init bash')).toContain(SPOOL)
    await machine.must('systemctl reload karo')
    await type('bob', 'secret-tool lookup x', 'echo after-the-secret')
    await recorded('bob', 'echo after-the-secret')
    expect((await commands('bob')).join('\n')).not.toContain('secret-tool')
  })

  test("settings of the fleet hold in everybody's shell and for what is recorded; nobody loosens them, and a restart keeps them", async () => {
    const signed = '--root-key /root/karo-root.key --passphrase-file /root/pass'
    await machine.must("umask 077; echo 'correct horse battery staple' > /root/pass")
    await machine.must(`karo ca init ${signed}`)
    const asked = "[[ask]]\ncommand = 'terraform apply*'\n"
    await machine.must(`printf '%s' ${quote(asked)} > /root/rules.toml`)
    const settings = "guard.profile=strict guard.rules=/root/rules.toml history.redact='acme_*'"
    await machine.must(`karo fleet set ${settings} ${signed}`)
    const files = '/run/karo/fleet.json /run/karo/fleet-guard.toml'
    const inForce = async (user: string, loosened = '') => {
      expect(JSON.parse(await must(user, `${loosened}karo guard --json`))).toMatchObject({
        profile: 'strict',
        source: 'fleet edition 0 of this machine',
        warnings: [],
      })
      const { output } = await run(user, `${loosened}karo check --json 'terraform apply'`)
      expect(JSON.parse(output)).toMatchObject({ decision: 'confirm' })
    }
    for (const life of ['first', 'second']) {
      const there = () => machine.run(`stat -c '%a %U:%G' ${files}`)
      await until(async () => (await there()).code === 0, { what: `the files of the ${life} life` })
      expect((await there()).output.trim().split('\n')).toEqual(['644 karo:karo', '644 karo:karo'])
      await inForce('ann')
      // Eve has a node of her own, which belongs to no mesh.
      for (const user of life === 'first' ? ['ann', 'eve'] : []) {
        expect((await run(user, `echo '{}' > /run/karo/fleet.json`)).code).not.toBe(0)
        expect((await run(user, `rm -f ${files}`)).code).not.toBe(0)
        await inForce(user, 'KARO_GUARD_PROFILE=off ')
      }
      await type('ann', `echo ${life} acme_4711`)
      await recorded('ann', `echo ${life} [redacted]`)
      await machine.must('systemctl restart karo')
    }
    await machine.must(`karo fleet unset guard.profile guard.rules history.redact ${signed}`)
    await until(async () => (await machine.run(`stat ${files}`)).code !== 0, { what: 'the files are gone' })
    expect(JSON.parse(await must('ann', 'karo guard --json'))).toMatchObject({ profile: 'moderate' })
  })
})
