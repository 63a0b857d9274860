// Whether the mesh listens where it was told to, and says so when something else has the port.
import { createServer, type Server } from 'node:net'
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
