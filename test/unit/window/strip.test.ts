// What the strip at the top says to whom: machines wait for administrators, who alone may decide about them.
import { afterAll, expect, test, vi } from 'vitest'

/** A tree of the page, as its functions make it. */
interface Element {
  readonly type: string | ((props: object) => unknown)
  readonly props: { readonly children?: unknown }
}

// What the modules of the page look at when they are loaded.
vi.stubGlobal('sessionStorage', { getItem: () => null })
vi.stubGlobal('localStorage', { getItem: () => null })
vi.stubGlobal('location', { hash: '' })
vi.stubGlobal('addEventListener', () => {})
afterAll(() => vi.unstubAllGlobals())
// By their places, because the types of the page are those of a browser and are checked apart.
const page = async (path: string) =>
  import(/* @vite-ignore */ new URL(`../../../src/window/${path}`, import.meta.url).href)
const { StatusStrip } = (await page('parts/status-strip.tsx')) as { readonly StatusStrip: () => unknown }
const { status } = (await page('state/live.ts')) as { readonly status: { value: unknown } }

/** All that a person reads, in its order. */
function textOf(node: unknown): string {
  if (typeof node === 'string' || typeof node === 'number') return String(node)
  if (Array.isArray(node)) return node.map(textOf).join('')
  if (typeof node !== 'object' || node === null) return ''
  const { type, props } = node as Element
  return typeof type === 'function' ? textOf(type(props)) : `${textOf(props.children)} `
}

test.each([
  [true, '2 machines waiting'],
  [false, ''],
])('machines that wait are told where the person is an administrator: %s', (admin, said) => {
  const mesh = { alone: false, peers_connected: 4, peers_pending: 2 }
  const quiet = { health: { checks: [] }, anomalies: { unseen: 0 }, agents: { state: 'off' } }
  status.value = { name: 'ash', you: { admin }, mesh, ...quiet }
  expect(textOf(StatusStrip())).toMatch(new RegExp(`4 links ${said}\\s*$`))
})
