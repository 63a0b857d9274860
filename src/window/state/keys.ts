// Keys of the page: two in a row go to a view (`g m`), others open the palette, the list of keys, or refresh.
import { signal } from '@preact/signals'
import { tell } from './live.ts'
import { go } from './route.ts'

/** Which dialog is open. */
export const opened = signal<'palette' | 'keys' | undefined>(undefined)

/** A browser tells late that a dialog was closed, and another one may be open by then: that one stays. */
export function leaveDialog(which: 'palette' | 'keys'): void {
  if (opened.value === which) opened.value = undefined
}

/** After `g`, the second key has to come within this time. */
const SECOND_MS = 1_500

/** Asks anew for everything that is shown. */
export const refresh = (): void => tell('refresh')

/** Listens for the keys; `views` maps a second key to a view. Returns what ends it. */
export function listen(views: ReadonlyMap<string, string>): () => void {
  let goneAt = Number.NEGATIVE_INFINITY
  const onKey = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || event.altKey || event.isComposing) return
    const isPalette = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k'
    if (isPalette) {
      event.preventDefault()
      opened.value = 'palette'
      return
    }
    if (event.ctrlKey || event.metaKey || isTyping(event.target) || opened.value !== undefined) return
    const view = event.timeStamp - goneAt < SECOND_MS ? views.get(event.key) : undefined
    goneAt = Number.NEGATIVE_INFINITY
    if (view !== undefined) go(view)
    else if (event.key === 'g') goneAt = event.timeStamp
    else if (event.key === '/') opened.value = 'palette'
    else if (event.key === '?') opened.value = 'keys'
    else if (event.key === 'r') refresh()
    else if (event.key === 'j' || event.key === 'k') step(event.key === 'j' ? 1 : -1)
    else return
    event.preventDefault()
  }
  addEventListener('keydown', onKey)
  return () => removeEventListener('keydown', onKey)
}

/** Moves the focus to the next or the previous panel or card, from where the next Tab goes into it. */
function step(by: 1 | -1): void {
  const all = [...document.querySelectorAll<HTMLElement>('main .panel, main .card')]
  // A card stands in a panel, and both have what is inside of the card.
  const at = all.findLastIndex((one) => one.contains(document.activeElement))
  const next = all[at + by]
  if (next === undefined) return
  next.tabIndex = -1
  next.focus()
}

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLInputElement
    ? !/^(radio|checkbox|button)$/.test(target.type)
    : target instanceof HTMLElement && /^(SELECT|TEXTAREA)$/.test(target.tagName)
