// Which view is shown: the part of the address behind the hash, so that Back and bookmarks work.
import { signal } from '@preact/signals'

/** `posture` for `#/posture`; empty for an address without a view. */
export const route = signal(read())

function read(): string {
  return /^#\/([a-z]+)/.exec(location.hash)?.[1] ?? ''
}

addEventListener('hashchange', () => {
  route.value = read()
})

/** Words of a search in the address, `#/mesh?web`, so that a bookmark keeps them. */
export function wordsInAddress(): string {
  try {
    return decodeURIComponent(/^#\/[a-z]+\?(.*)$/.exec(location.hash)?.[1] ?? '')
  } catch {
    // Not what this page wrote.
    return ''
  }
}

/** Keeps words in the address of this view. Called when typing is over: a browser refuses many changes within seconds. */
export function keepWords(words: string): void {
  history.replaceState(null, '', `#/${route.value}${words === '' ? '' : `?${encodeURIComponent(words)}`}`)
}

export function go(view: string): void {
  location.hash = `#/${view}`
}
