// Which views the page has: none about other machines where the node is used alone, none of agents where they are off.
import { afterAll, expect, test, vi } from 'vitest'

// What the modules of the page look at when they are loaded.
const storage = { getItem: () => null }
vi.stubGlobal('sessionStorage', storage)
vi.stubGlobal('localStorage', storage)
vi.stubGlobal('location', { hash: '' })
vi.stubGlobal('addEventListener', () => undefined)
afterAll(() => vi.unstubAllGlobals())
const PAGE = new URL('../../../src/window/views/index.ts', import.meta.url).href
const { viewOf, viewsOf } = (await import(/* @vite-ignore */ PAGE)) as {
  readonly viewOf: (id: string, status: object) => { readonly id: string }
  readonly viewsOf: (status: object) => readonly { readonly id: string }[]
}

const ALONE = { mesh: { alone: true }, agents: { state: 'off' } }
const MEMBER = { mesh: { alone: false }, agents: { state: 'ready' } }

test('a node that is used alone has no view of other machines, in the menu and by its address', () => {
  expect(viewsOf(ALONE).map(({ id }) => id)).toEqual(['me', 'approvals', 'audit', 'system'])
  for (const id of ['sharing', 'mesh', 'team', 'ask', 'posture', 'agents']) {
    expect(viewOf(id, ALONE).id).toBe('me')
    expect(viewOf(id, MEMBER).id).toBe(id)
  }
})
