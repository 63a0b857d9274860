// What waits for this person's yes, kept current whatever view is shown, and the notifications about it.
import { effect, signal } from '@preact/signals'
import { getApprovals } from '../../api/contract/operations/agents/approvals.ts'
import type { ApprovalsShape, FeedEvent } from '../../api/contract/shapes.ts'
import type { Asked } from './asked.ts'
import { onHappened } from './live.ts'
import { go, route } from './route.ts'
import { client, noted, session } from './session.ts'

/** Events that come in this time lead to one request. */
const TOGETHER_MS = 300
const EVENTS: ReadonlySet<string> = new Set(['poll', 'refresh', 'approval_wanted', 'approval_decided'])
const NOTIFY = 'karo-notify'

/** The inbox as the daemon last told it. */
export const inbox = signal<Asked<ApprovalsShape>>({
  data: undefined,
  problem: undefined,
  again: () => void read(),
})

/** How many requests wait for a decision. */
export const waitingCount = (): number =>
  inbox.value.data?.approvals.filter(({ state }) => state === 'pending').length ?? 0

let isReading = false
let isWantedAgain = false

async function read(): Promise<void> {
  if (session.value !== 'open') return
  if (isReading) {
    isWantedAgain = true
    return
  }
  isReading = true
  try {
    const data = await client.call(getApprovals)
    inbox.value = { ...inbox.value, data, problem: undefined }
  } catch (error) {
    inbox.value = { ...inbox.value, problem: noted(error) }
  } finally {
    isReading = false
  }
  if (isWantedAgain) {
    isWantedAgain = false
    void read()
  }
}

/** Keeps the inbox current until the page is closed. */
export function followInbox(): void {
  effect(() => {
    if (session.value === 'open') void read()
  })
  let isDue = false
  onHappened((what) => {
    if (isDue || !EVENTS.has(what)) return
    isDue = true
    setTimeout(() => {
      isDue = false
      void read()
    }, TOGETHER_MS)
  })
}

/** `unasked`: the browser has not been asked; `refused`: the person told the browser no, or it knows no notifications. */
type Notifies = 'on' | 'off' | 'unasked' | 'refused'

const notifiesNow = (): Notifies => {
  if (!('Notification' in globalThis) || Notification.permission === 'denied') return 'refused'
  if (Notification.permission !== 'granted') return 'unasked'
  return localStorage.getItem(NOTIFY) === 'on' ? 'on' : 'off'
}

export const notifies = signal<Notifies>(notifiesNow())

/** Switches notifications on or off in this browser. The browser asks the person the first time, so a click has to lead here. */
export async function toggleNotifications(): Promise<void> {
  const on = notifies.value !== 'on'
  if (on && Notification.permission !== 'granted') await Notification.requestPermission()
  localStorage.setItem(NOTIFY, on ? 'on' : 'off')
  notifies.value = notifiesNow()
}

/**
 * Notifies of an approval that is wanted; of no other event. A page that nobody looks at asks for nothing, so the notification
 * tells what the event says. Without the words of the command: a notification may be shown while the screen is locked.
 */
export function notify(event: FeedEvent): void {
  if (event.type !== 'approval_wanted') return
  const isSeen = document.visibilityState === 'visible' && route.value === 'approvals'
  if (notifies.value !== 'on' || isSeen) return
  const { approval_id, agent, class: of } = event.data
  const shown = new Notification('Karo: a request waits for approval', {
    body: `${agent} wants to do something of the class ${of}.`,
    tag: approval_id,
  })
  shown.addEventListener('click', () => {
    focus()
    go('approvals')
    shown.close()
  })
}
