// What a service manager hears: sd_notify's messages through a real socket, and nothing at all without one.
import { spawn, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, onTestFinished, test } from 'vitest'
import { silentLog } from '../../../src/base/run/log.ts'
import { openNotify, watchdogMs } from '../../../src/ops/system/notify.ts'
import { temporaryDirectory } from '../../support/data/database.ts'

/** Messages as sent, from a socket that is none. */
async function overheard(env: Record<string, string> = { NOTIFY_SOCKET: '/run/notify' }) {
  const heard: string[] = []
  const notify = await openNotify({
    env,
    log: silentLog,
    open: async () => ({ send: (text) => void heard.push(text), close: () => void heard.push('closed') }),
    monotonicUs: () => 1_234_567n,
  })
  return { notify, heard }
}

test('each message is as sd_notify(3) and systemd.service(5) have it', async () => {
  const { notify, heard } = await overheard()
  notify.ready('up')
  notify.reloading()
  notify.ready('two\nlines=1\r\nof it')
  notify.alive()
  notify.stopping()
  notify.close()
  expect(heard).toEqual([
    'READY=1\nSTATUS=up',
    'RELOADING=1\nMONOTONIC_USEC=1234567',
    'READY=1\nSTATUS=two lines=1 of it',
    'WATCHDOG=1',
    'STOPPING=1\nSTATUS=stopping',
    'closed',
  ])
})

test.each([[{}], [{ NOTIFY_SOCKET: '' }]])('without a manager nothing is opened: %j', async (env) => {
  const { notify, heard } = await overheard(env as Record<string, string>)
  notify.ready('up')
  notify.alive()
  notify.close()
  expect(heard).toEqual([])
})

test('a socket that cannot be opened fails the start; one that is lost later does not end the daemon', async () => {
  const env = { NOTIFY_SOCKET: 'vsock:2:1234' }
  await expect(openNotify({ env, log: silentLog })).rejects.toMatchObject({
    code: 'bad_file',
    where: 'NOTIFY_SOCKET',
  })
  const gone = join(temporaryDirectory(), 'nobody')
  const notify = await openNotify({ env: { NOTIFY_SOCKET: gone }, log: silentLog })
  expect(() => notify.ready('up')).not.toThrow()
  notify.close()
})

// Node cannot receive such datagrams either, so a few lines of another language do.
const canReceive = spawnSync('python3', ['--version']).status === 0
test.runIf(canReceive).each(['path', 'abstract'])(
  'a real datagram socket gets them whole (%s)',
  async (kind) => {
    const directory = temporaryDirectory()
    const address = kind === 'path' ? join(directory, 's') : `@${directory}`
    const receiver = spawn('python3', ['-c', RECEIVER, address], { stdio: ['ignore', 'pipe', 'inherit'] })
    onTestFinished(() => void receiver.kill('SIGKILL'))
    const lines = createInterface({ input: receiver.stdout })[Symbol.asyncIterator]()
    expect(await lines.next()).toMatchObject({ value: 'bound' })
    const notify = await openNotify({ env: { NOTIFY_SOCKET: address }, log: silentLog })
    notify.ready('läuft')
    notify.close()
    const { value } = await lines.next()
    expect(JSON.parse(value ?? '')).toBe('READY=1\nSTATUS=läuft')
  },
)

const RECEIVER = `
import json, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
a = sys.argv[1]
s.bind('\\0' + a[1:] if a.startswith('@') else a)
print('bound', flush=True)
print(json.dumps(s.recv(4096).decode()), flush=True)
`

test('the watchdog is for the process it is meant for', () => {
  expect(watchdogMs({ WATCHDOG_USEC: '30000000' }, 7)).toBe(30_000)
  expect(watchdogMs({ WATCHDOG_USEC: '30000000', WATCHDOG_PID: '7' }, 7)).toBe(30_000)
  expect(watchdogMs({ WATCHDOG_USEC: '30000000', WATCHDOG_PID: '8' }, 7)).toBeUndefined()
  for (const WATCHDOG_USEC of ['', '0', '-1', '1e6', 'soon'])
    expect(watchdogMs({ WATCHDOG_USEC })).toBeUndefined()
  expect(watchdogMs({})).toBeUndefined()
})
