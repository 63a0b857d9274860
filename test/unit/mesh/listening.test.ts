// Whether the mesh listens where it was told to, and says so when something else has the port.
import { connect, createServer, type Server } from 'node:net'
import { networkInterfaces } from 'node:os'
import { expect, test } from 'vitest'
import { until } from '../../support/run/until.ts'
import { start } from './cluster.ts'

function taken(): Promise<{ server: Server; port: number }> {
  const server = createServer()
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      resolve({ server, port: typeof address === 'object' && address !== null ? address.port : 0 })
    })
  })
}

test('one IPv4 address that is taken makes it unready, though it listens on others', async () => {
  const { server, port } = await taken()
  const node = await start({ mesh: { listen: 'auto', port } })
  const [check] = node.mesh.health?.() ?? []
  expect(node.mesh.status().listen.length).toBeGreaterThan(0)
  expect(check).toMatchObject({ name: 'mesh.listening', ok: false })
  expect(check?.detail).toContain(`but not on 127.0.0.1:${port}`)
  const listening = node.mesh.status().listen.length
  await new Promise((resolve) => server.close(resolve))
  // Without a restart, as soon as the other program is gone.
  await until(() => node.mesh.health?.()[0]?.ok === true, { what: 'the freed address' })
  expect(node.mesh.status().listen).toHaveLength(listening + 1)
  expect(node.mesh.status().listen).toContain(`/ip4/127.0.0.1/tcp/${port}`)
  expect(node.mesh.health?.()[0]?.detail).not.toContain('but not on')
})

test('with all of them it is ready', async () => {
  const node = await start({ mesh: { listen: 'auto' } })
  expect(node.mesh.health?.()).toMatchObject([{ name: 'mesh.listening', ok: true }])
})

/** Whether anybody listens there. */
const isOpen = (ip: string, port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, ip)
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })

test('auto follows the addresses of the machine: what came is opened, what went is told to nobody, and closed later', async () => {
  const [loopback] = networkInterfaces().lo ?? []
  const lo = (...addresses: string[]) => ({
    lo: addresses.map((address) => ({ ...loopback!, address, cidr: `${address}/8` })),
  })
  let interfaces = lo('127.0.0.1')
  const timings = { followMs: 20, goneMs: 400 }
  const ready = new Set<boolean | undefined>()
  let look = (): void => {}
  const read = () => {
    queueMicrotask(() => look())
    return interfaces
  }
  const node = await start({ mesh: { listen: 'auto' }, interfaces: read, timings })
  const listen = (): string => node.mesh.status().listen.join(' ')
  expect(listen()).not.toContain('127.9.9.9')
  look = () => ready.add(node.mesh.health?.()[0]?.ok)

  interfaces = lo('127.0.0.1', '127.9.9.9')
  await until(() => listen().includes('127.9.9.9'), { what: 'the address that came' })
  // While it was being opened, too.
  expect([...ready]).toEqual([true])
  const port = Number(/127\.9\.9\.9\/tcp\/(\d+)/.exec(listen())?.[1])
  expect(await isOpen('127.9.9.9', port)).toBe(true)
  expect(node.mesh.health?.()).toMatchObject([{ ok: true }])

  interfaces = lo('127.0.0.1')
  await until(() => !listen().includes('127.9.9.9'), { what: 'the address that went' })
  expect(node.mesh.health?.()).toMatchObject([{ ok: true, detail: expect.not.stringContaining('127.9.9.9') }])
  await until(async () => !(await isOpen('127.9.9.9', port)), { what: 'its listener closes' })

  interfaces = lo('127.0.0.1', '127.9.9.9')
  await until(() => listen().includes('127.9.9.9'), { what: 'the address that came again' })
})

test('where mesh.listen names an address of no interface here, it listens on the others, says so, and takes the address when it comes', async () => {
  const listen = ['127.0.0.1', 'fd00::7']
  await expect(start({ mesh: { listen: ['fd00::7'] } })).rejects.toMatchObject({
    code: 'unavailable',
    hint: expect.stringContaining('mesh.listen'),
  })
  const node = await start({ mesh: { listen } })
  expect(node.mesh.status().listen).toEqual([expect.stringContaining('/ip4/127.0.0.1/')])
  expect(node.mesh.health?.()).toMatchObject([
    {
      ok: false,
      detail: expect.stringMatching(/but not on \[fd00::7\]:0\. Name addresses .* in mesh\.listen/),
    },
  ])
})

test('an address that was away for a moment keeps its listener', async () => {
  const [loopback] = networkInterfaces().lo ?? []
  const both = ['127.0.0.1', '127.9.9.8'].map((address) => ({
    ...loopback!,
    address,
    cidr: `${address}/8`,
  }))
  let lo = both
  const timings = { followMs: 20 }
  const node = await start({ mesh: { listen: 'auto' }, interfaces: () => ({ lo }), timings })
  const listen = (): string => node.mesh.status().listen.join(' ')
  const before = listen()
  expect(before).toContain('127.9.9.8')
  lo = both.slice(0, 1)
  await until(() => !listen().includes('127.9.9.8'), { what: 'the address that went' })
  lo = both
  await until(() => listen().includes('127.9.9.8'), { what: 'the address that came again' })
  // Of any free port it would have another one now.
  expect(listen()).toBe(before)
})
