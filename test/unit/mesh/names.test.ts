// Host names: by the hosts file, by configured servers, by nobody else; and which nodes a domain lists. The server is real UDP.
import { createSocket } from 'node:dgram'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { hostsOf } from '../../../src/config/host-names.ts'
import { hostsIn } from '../../../src/mesh/discovery/lookout.ts'
import { createNames } from '../../../src/mesh/discovery/names.ts'
import { patience } from '../../support/run/until.ts'

const folder = mkdtempSync(join(tmpdir(), 'karo-names-'))
afterAll(() => rmSync(folder, { recursive: true }))
const hostsFile = join(folder, 'hosts')
writeFileSync(hostsFile, '127.0.0.1 localhost\n10.0.0.7\tBirch birch.corp # the old one\n')
const signal = patience()

const names = (lan_only: boolean, resolvers: readonly string[] = []) => {
  const unasked: string[] = []
  const config = { mesh: { lan_only }, discovery: { resolvers } }
  const made = createNames({ config, onUnasked: (host) => unasked.push(host), hostsFile })
  return { ...made, unasked }
}

const TYPE = { a: 1, ptr: 12, txt: 16, srv: 33 }
const label = (text: string): Buffer => Buffer.concat([Buffer.from([text.length]), Buffer.from(text)])
/** Of the name that was asked about: so many instances, hosts of an instance, or one address. */
function answerTo(query: Buffer, type: number, many: number): Buffer {
  const question = query.subarray(12, query.indexOf(0, 12) + 5)
  const first = question.subarray(0, 1 + (question[0] as number))
  const data = (at: number): readonly Uint8Array[] => {
    if (type === TYPE.ptr) return [label(`i${at}`), Buffer.from([0xc0, 12])]
    // Port 4000, of a host that is called after the instance.
    const srv = [
      Buffer.from([0, 0, 0, 0, 0x0f, 0xa0]),
      label(`h${at}`),
      first,
      label('lan'),
      Buffer.from([0]),
    ]
    if (type === TYPE.srv) return srv
    return type === TYPE.a && at === 0 ? [Buffer.from([10, 0, 0, 7])] : []
  }
  const records = Array.from({ length: many }, (_, at) => Buffer.concat(data(at)))
    .filter(({ length }) => length > 0)
    .map((bytes) =>
      Buffer.concat([Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0, 60, 0, bytes.length]), bytes]),
    )
  const header = Buffer.from([...query.subarray(0, 2), 0x85, 0x80, 0, 1, 0, records.length, 0, 0, 0, 0])
  return Buffer.concat([header, question, ...records])
}

describe('names', () => {
  test('an address is its own, and the hosts file is read first, whatever the case', async () => {
    const { addresses, unasked } = names(true, ['127.0.0.1'])
    expect(await addresses('10.0.0.5', signal)).toEqual(['10.0.0.5'])
    expect(await addresses('BIRCH.corp', signal)).toEqual(['10.0.0.7'])
    expect(unasked).toEqual([])
  })

  test('with lan_only and no server a name that stands nowhere is asked of nobody, and that is told', async () => {
    const { addresses, unasked } = names(true)
    expect(await addresses('ash.corp', signal)).toEqual([])
    expect(unasked).toEqual(['ash.corp'])
  })

  test('a question that is given up ends at once', async () => {
    // Takes questions and answers none.
    const silent = createSocket('udp4')
    await new Promise<void>((resolve) => silent.bind(0, '127.0.0.1', resolve))
    const control = new AbortController()
    const { services } = names(true, ['127.0.0.1'])
    const asked = services('corp', control.signal)
    control.abort(new Error('enough'))
    expect(await asked).toEqual({ peers: [], failure: expect.any(Error) })
    silent.close()
  })

  test('a server that is silent is waited for once, and not at each question', async () => {
    const server = createSocket('udp4')
    server.on('message', (query, { port, address }) =>
      server.send(answerTo(query, query.readUInt16BE(query.indexOf(0, 12) + 1), 0), port, address),
    )
    const silent = createSocket('udp4')
    for (const one of [silent, server])
      await new Promise<void>((resolve) => one.bind(0, '127.0.0.1', resolve))
    const { services } = names(
      true,
      [silent, server].map((one) => `127.0.0.1:${one.address().port}`),
    )
    let asked = 0
    silent.on('message', () => asked++)
    expect(await services('corp', signal)).toEqual({ peers: [], failure: undefined })
    server.close()
    silent.close()
    expect(asked).toBe(1)
  })

  test('of a domain that lists thousands of hosts, 256 are looked up', async () => {
    const [INSTANCES, HOSTS] = [20, 30]
    const asked: string[] = []
    const server = createSocket('udp4')
    server.on('message', (query, { port, address }) => {
      const end = query.indexOf(0, 12)
      const type = query.readUInt16BE(end + 1)
      if (type === TYPE.a) asked.push(query.toString('latin1', 12, end))
      server.send(answerTo(query, type, type === TYPE.ptr ? INSTANCES : HOSTS), port, address)
    })
    await new Promise<void>((resolve) => server.bind(0, '127.0.0.1', resolve))
    const { services } = names(true, [`127.0.0.1:${server.address().port}`])
    const { peers } = await services('corp', signal)
    server.close()
    expect(new Set(asked).size).toBe(256)
    expect(peers).toHaveLength(256)
  })

  test.each<[string, (type: number, name: string) => boolean, number, RegExp | undefined]>([
    ['has no TXT records', () => false, 3, undefined],
    ['refuses the list of instances', (type: number) => type === TYPE.ptr, 1, /queryPtr EREFUSED/],
    [
      'refuses the TXT record of one instance, which may name a key',
      (type: number, name: string) => type === TYPE.txt && name.includes('i1'),
      2,
      /queryTxt EREFUSED i1/,
    ],
  ])('where the server %s, the others are found, and it is said', async (_, refuses, nodes, why) => {
    const server = createSocket('udp4')
    server.on('message', (query, { port, address }) => {
      const end = query.indexOf(0, 12)
      const type = query.readUInt16BE(end + 1)
      const many = type === TYPE.ptr ? 2 : type === TYPE.txt ? 0 : 1
      const answer = answerTo(query, type, many)
      if (refuses(type, query.toString('latin1', 12, end))) answer.writeUInt8(0x85, 3)
      server.send(answer, port, address)
    })
    await new Promise<void>((resolve) => server.bind(0, '127.0.0.1', resolve))
    const { services } = names(true, [`127.0.0.1:${server.address().port}`])
    const { peers, failure } = await services('corp', signal)
    server.close()
    expect(peers).toHaveLength(nodes)
    if (why === undefined) expect(failure).toBeUndefined()
    else expect(String(failure)).toMatch(why)
  })

  test('a hosts file of any form: comments, tabs, several lines of one name, nonsense', () => {
    const hosts = hostsOf('#x\n\n::1 a b\n10.0.0.1 a#b\n999.1.1.1 c\n10.0.0.2\n fe80::1%eth0 d \n')
    expect([...hosts]).toEqual([
      ['a', ['::1', '10.0.0.1']],
      ['b', ['::1']],
      ['d', ['fe80::1%eth0']],
    ])
  })
})

describe('subnets', () => {
  test.each([
    ['10.0.3.0/24', 254, '10.0.3.1', '10.0.3.254'],
    ['10.0.3.77/24', 254, '10.0.3.1', '10.0.3.254'],
    ['192.168.255.128/25', 126, '192.168.255.129', '192.168.255.254'],
    ['10.0.0.8/31', 2, '10.0.0.8', '10.0.0.9'],
    ['10.0.0.8/32', 1, '10.0.0.8', '10.0.0.8'],
    ['10.1.240.0/20', 4_094, '10.1.240.1', '10.1.255.254'],
  ])('%s has %d hosts, from %s to %s', (subnet, count, first, last) => {
    const hosts = [...hostsIn(subnet)]
    expect([hosts.length, hosts[0], hosts.at(-1)]).toEqual([count, first, last])
  })

  test('however large, no more than a /20 is looked through', () => {
    expect([...hostsIn('10.0.0.0/8')]).toHaveLength(4_096)
  })
})
