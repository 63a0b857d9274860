// The kernel's tables of sockets are read as they are: forged lines, and this very process.
import { createSocket } from 'node:dgram'
import { type AddressInfo, connect, createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import {
  holderOf,
  openSockets,
  parseInet,
  parseOther,
  parseUnix,
} from '../../../../src/cli/doctor/sockets.ts'
import { temporaryDirectory } from '../../../support/data/database.ts'
import fc, { forAll } from '../../../support/run/properties.ts'

const HEAD =
  '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n'

describe('tables', () => {
  test('tcp, IPv4 and IPv6, mapped addresses as what they are', () => {
    const rows = [
      '   0: 0100007F:2415 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 41 1 0 100 0 0 10 0',
      '   1: 0500000A:2416 0600000A:C350 01 00000000:00000000 00:00000000 00000000  1000        0 42 1 0 100 0 0 10 0',
      '   2: 000000FD000000000000000002000000:2416 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 43 1 0',
      '   3: 0000000000000000FFFF00000100007F:2416 0000000000000000FFFF00000600000A:1F90 01 00000000:00000000 00:00000000 00000000  1000        0 44 1 0',
    ]
    expect(parseInet('tcp', HEAD + rows.join('\n'))).toMatchSnapshot()
  })

  test('unix: paths with blanks, abstract names, none', () => {
    const text = [
      'Num       RefCount Protocol Flags    Type St Inode Path',
      '0000000061dd2a56: 00000002 00000000 00010000 0001 01 51 /tmp/a b/.A8V9wI/s',
      '0000000061dd2a57: 00000002 00000000 00000000 0002 01    52',
      '0000000061dd2a58: 00000003 00000000 00000000 0005 03 53 @abstract',
    ].join('\n')
    expect(parseUnix(text)).toEqual([
      { kind: 'unix', type: 'stream', path: '/tmp/a b/.A8V9wI/s', inode: '51' },
      { kind: 'unix', type: 'datagram', path: '', inode: '52' },
      { kind: 'unix', type: 'other', path: '@abstract', inode: '53' },
    ])
  })

  test('netlink', () => {
    const text =
      'sk               Eth Pid        Groups   Rmem     Wmem     Dump  Locks    Drops    Inode\n' +
      '0000000000000000 0   30674      00000000 0        0        0     2        0        61\n'
    expect(parseOther('netlink', text)).toEqual([{ kind: 'netlink', inode: '61' }])
  })

  test('nothing that could stand there throws', () => {
    forAll(fc.string({ maxLength: 400 }), (text) => {
      parseInet('tcp', text)
      parseUnix(text)
      parseOther('raw', text)
    })
  })
})

describe('this process', () => {
  async function listening(at: object): Promise<Server> {
    const server = createServer()
    onTestFinished(() => void server.close())
    await new Promise<void>((resolve) => server.listen(at, resolve))
    return server
  }

  test('what it has open is found, with its ends, and it is named as the holder', async () => {
    const path = join(temporaryDirectory(), 'here')
    const tcp = await listening({ host: '127.0.0.1', port: 0 })
    await listening({ host: '::1', port: 0 })
    await listening({ path })
    const udp = createSocket('udp4')
    onTestFinished(() => void udp.close())
    await new Promise<void>((resolve) => udp.bind(0, '127.0.0.1', resolve))
    const { port } = tcp.address() as AddressInfo
    const client = connect(port, '127.0.0.1')
    onTestFinished(() => void client.destroy())
    await new Promise((resolve) => client.once('connect', resolve))

    const sockets = openSockets(process.pid)
    const found = (about: object) =>
      sockets.find((one) => Object.entries(about).every(([k, v]) => Reflect.get(one, k) === v))
    const listener = found({ kind: 'tcp', local: '127.0.0.1', localPort: port, listens: true })
    expect(listener).toBeDefined()
    expect(found({ kind: 'tcp', local: '::1', listens: true })).toBeDefined()
    expect(found({ kind: 'tcp', remote: '127.0.0.1', remotePort: port, listens: false })).toBeDefined()
    expect(found({ kind: 'udp', local: '127.0.0.1', localPort: udp.address().port })).toBeDefined()
    expect(found({ kind: 'unix', type: 'stream', path })).toBeDefined()
    expect(holderOf(listener?.inode ?? '')?.pid).toBe(process.pid)
    expect(holderOf('1')).toBeUndefined()
  })
})
