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

export function go(view: string): void {
  location.hash = `#/${view}`
}
