// When a view asks again: not for what happened before it was opened, and where it asks other machines only when it has to.
import { afterAll, expect, onTestFinished, test, vi } from 'vitest'

// What the modules of the page look at when they are loaded, and the little of a document that a component without elements needs.
const storage = { getItem: () => null }
vi.stubGlobal('sessionStorage', storage)
vi.stubGlobal('localStorage', storage)
vi.stubGlobal('location', { hash: '' })
vi.stubGlobal('addEventListener', () => undefined)
vi.stubGlobal('document', { visibilityState: 'visible' })
afterAll(() => vi.unstubAllGlobals())
const STATE = new URL('../../../src/window/state/', import.meta.url).href
const load = <T>(name: string): Promise<T> => import(/* @vite-ignore */ name) as Promise<T>
const { useAsked } = await load<{ useAsked: (ask: () => Promise<object>, wish: object) => void }>(
  `${STATE}asked.ts`,
)
const { tell } = await load<{ tell: (what: string) => void }>(`${STATE}live.ts`)
const { session } = await load<{ session: { value: string } }>(`${STATE}session.ts`)
const { h, render } = await load<{
  h: (component: () => null, props: object) => object
  render: (element: object, place: object) => void
}>('preact')

/** How often a view has asked that was just opened, and is asked anew `on` this. */
async function opened(on: readonly string[]): Promise<() => Promise<number>> {
  session.value = 'open'
  let count = 0
  const ask = async (): Promise<object> => ({ count: ++count })
  const place = { childNodes: [], firstChild: null, namespaceURI: 'http://www.w3.org/1999/xhtml' }
  const View = (): null => {
    useAsked(ask, { key: 'k', on })
    return null
  }
  render(h(View, {}), place)
  const asked = async (): Promise<number> => {
    await vi.advanceTimersByTimeAsync(5_000)
    return count
  }
  await asked()
  return asked
}

test('a view asks once when it is opened, again after what it is told of, and for nothing of before', async () => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  tell('poll')
  const asked = await opened(['poll', 'trust_changed'])
  expect(await asked()).toBe(1)
  tell('trust_changed')
  expect(await asked()).toBe(2)
  tell('poll')
  tell('poll')
  expect(await asked()).toBe(3)
  tell('peer_gone')
  expect(await asked()).toBe(3)
})

test('one that asks other machines does not poll, and asks again for a person who wants it', async () => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const asked = await opened(['report_threshold'])
  tell('poll')
  expect(await asked()).toBe(1)
  tell('refresh')
  expect(await asked()).toBe(2)
})
