// Which view is shown: the part of the address behind the hash, so that Back and bookmarks work.
import { signal } from '@preact/signals'

/** `posture` for `#/posture`; empty for an address without a view. */
export const route = signal(viewInAddress())
/** What is searched for in the view: at first the words in the address, `#/mesh?web`, so that a bookmark keeps them. */
export const search = signal(wordsInAddress())

addEventListener('hashchange', () => {
  route.value = viewInAddress()
  search.value = wordsInAddress()
})

function viewInAddress(): string {
  return /^#\/([a-z]+)/.exec(location.hash)?.[1] ?? ''
}

function wordsInAddress(): string {
  try {
    return decodeURIComponent(/^#\/[a-z]+\?(.*)$/.exec(location.hash)?.[1] ?? '')
  } catch {
    // Not what this page wrote.
    return ''
  }
}

/** Keeps the words of the search in the address. Called when typing is over: a browser refuses many changes within seconds. */
export function keepWords(): void {
  const words = search.value === '' ? '' : `?${encodeURIComponent(search.value)}`
  history.replaceState(null, '', `#/${route.value}${words}`)
}

export function go(view: string): void {
  location.hash = `#/${view}`
}
