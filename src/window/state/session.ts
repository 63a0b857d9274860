// The session of this page: a one-time code is exchanged for a cookie and a key, and the code leaves the address bar.
import { signal } from '@preact/signals'
import { type Problem, pageClient, problemOf } from '../../api/contract/client/page.ts'
import type { TokenScope } from '../../api/contract/constants.ts'
import { endSession, openSession } from '../../api/contract/operations/tokens.ts'

/** `over` shows the screen that says how to open the page again. */
export const session = signal<'opening' | 'open' | 'over'>('opening')
/** Why the session has ended; undefined where it was just never opened. */
export const whyOver = signal<Problem | undefined>(undefined)

/** Only pages of this very origin, port included, can read it; it ends with the tab. */
const KEY = 'karo-session'
const SCOPE = 'karo-scope'
const CODE = /^#code=([\w-]{20,64})$/

/** What the session allows: `approve` where the page was opened out of a terminal that may approve. */
export const scope = signal<TokenScope | undefined>(
  (sessionStorage.getItem(SCOPE) as TokenScope | null) ?? undefined,
)

/** When the daemon last answered anything, in ms of the page's own clock; and whether the last request was answered. */
export const heardAt = signal(performance.now())
export const isHeard = signal(true)

export const client = pageClient({
  key: () => sessionStorage.getItem(KEY) ?? undefined,
  onHeard(heard) {
    isHeard.value = heard
    if (heard) heardAt.value = performance.now()
  },
})

/** Opens a session with the code of the address, or goes on with the one of this tab. */
export async function begin(): Promise<void> {
  addEventListener('hashchange', () => void redeem())
  if (await redeem()) return
  if (!(await endWorkers())) return over(WATCHED)
  session.value = sessionStorage.getItem(KEY) === null ? 'over' : 'open'
}

const WATCHED: Problem = {
  code: 'service_worker',
  message:
    'another program at this address left a service worker in the browser, and it cannot be removed. First delete the data of this address in the browser’s settings',
  hint: undefined,
}

/**
 * This page has no service worker, so each one there is was left by another program that had this port. It is ended before a
 * code or the key of a session is sent, which it could read. Resolves with false where one cannot be ended.
 */
async function endWorkers(): Promise<boolean> {
  const { serviceWorker } = navigator
  const workers = (await serviceWorker?.getRegistrations().catch(() => [])) ?? []
  const ended = await Promise.all(workers.map((worker) => worker.unregister().catch(() => false)))
  if (ended.includes(false)) return false
  if (serviceWorker?.controller) {
    location.reload()
    await new Promise(() => {})
  }
  return true
}

async function redeem(): Promise<boolean> {
  const code = CODE.exec(location.hash)?.[1]
  if (code === undefined) return false
  // Workers are ended before the code leaves the address, because the page that is loaded anew needs the code.
  const isAlone = await endWorkers()
  history.replaceState(null, '', '/#/me')
  if (!isAlone) {
    over(WATCHED)
    return true
  }
  try {
    const opened = await client.call(openSession, { body: { code } })
    sessionStorage.setItem(KEY, opened.key)
    sessionStorage.setItem(SCOPE, opened.scope)
    scope.value = opened.scope
    // What a page shows that is there already may be another person's.
    if (session.value !== 'opening') location.reload()
    else resume()
  } catch (error) {
    // A link that was used already does not close the page of a session that goes on.
    if (sessionStorage.getItem(KEY) === null) over(problemOf(error))
    else resume()
  }
  return true
}

/** Shows the views, which have to read the changed address. */
function resume(): void {
  session.value = 'open'
  dispatchEvent(new HashChangeEvent('hashchange'))
}

/** The problem of a request that failed; one that says that the session is over closes the page. */
export function noted(error: unknown): Problem {
  const problem = problemOf(error)
  if (problem.code === 'unauthorized') over(problem)
  return problem
}

function over(problem: Problem | undefined): void {
  sessionStorage.removeItem(KEY)
  sessionStorage.removeItem(SCOPE)
  whyOver.value = problem
  session.value = 'over'
}

/** Ends the session at the daemon, and closes the page also where the daemon does not answer. */
export async function leave(): Promise<void> {
  try {
    await client.call(endSession)
  } catch {
    // The session ends by itself.
  }
  over(undefined)
}
