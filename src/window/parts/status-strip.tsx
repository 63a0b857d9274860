// The strip at the top: how current the page is, and what needs somebody. What locks actions is said in a bar of its own.
import { useMemo } from 'preact/hooks'
import type { StatusShape } from '../../api/contract/shapes.ts'
import { heardAt, isLocked, isMuscleLocked, link, status, waitingCount } from '../state/index.ts'
import { counted, Foreign, State, Time } from './words.tsx'

const LINKS = {
  live: { tone: 'good', word: 'Live' },
  polling: { tone: 'warn', word: 'Every 5 s' },
  stale: { tone: 'bad', word: 'Old data' },
  lost: { tone: 'bad', word: 'Daemon lost' },
} as const

export function StatusStrip() {
  const { tone, word } = LINKS[link.value]
  const known = status.value
  return (
    // Whoever hears the page hears in every view what waits, and of the rest of the strip only what is another than before.
    <div class="strip" role="status" aria-atomic="false" aria-label="State of this node">
      {known && (
        <b>
          <Foreign text={known.name || known.fingerprint} />
        </b>
      )}
      <State tone={tone}>{word}</State>
      {known && <Node known={known} />}
    </div>
  )
}

/** Each count is one text, because what is heard of a change is the text that changed. */
function Node({ known: { you, mesh, health, anomalies } }: { readonly known: StatusShape }) {
  const requests = waitingCount()
  const failing = health.checks.filter(({ ok }) => !ok).length
  return (
    <>
      {!mesh.alone && <a href="#/mesh">{counted(mesh.peers_connected, 'link')}</a>}
      {you.admin && mesh.peers_pending > 0 && (
        <a class="count" href="#/mesh">
          {`${counted(mesh.peers_pending, 'machine')} waiting`}
        </a>
      )}
      {requests > 0 && (
        <a class="count" href="#/approvals">
          {`${counted(requests, 'request')} waiting`}
        </a>
      )}
      {anomalies.unseen > 0 && (
        <a class="count" href="#/me">
          {counted(anomalies.unseen, 'new anomaly', 'new anomalies')}
        </a>
      )}
      {failing > 0 && (
        <a class="count bad" href="#/system">
          {`${counted(failing, 'check')} failing`}
        </a>
      )}
      {isMuscleLocked.value && (
        <a class="count bad" href="#/system">
          Muscle locked
        </a>
      )}
    </>
  )
}

/** What everybody on the page has to know at once, below the strip. */
export function Alarms() {
  const known = status.value
  const alarms = known?.mesh.alarms ?? []
  // A moment and not an age, which would be read aloud anew each time that it grows.
  const heard = useMemo(
    () => new Date(Date.now() - (performance.now() - heardAt.value)).toISOString(),
    [heardAt.value],
  )
  return (
    <div aria-live="assertive">
      {isLocked.value && (
        <p class="bar bad">
          <b>
            {link.value === 'lost'
              ? 'The daemon does not answer.'
              : 'The daemon has not answered for a while.'}
          </b>{' '}
          What you see is of <Time at={heard} />, and actions are locked until it is heard again.
        </p>
      )}
      {isMuscleLocked.value && (
        <p class="bar warn">
          <b>The Muscle is locked.</b> No agent can run anything: {known?.agents.detail}
        </p>
      )}
      {alarms.map((alarm) => (
        <p class="bar bad" key={alarm}>
          <Foreign text={alarm} />
        </p>
      ))}
    </div>
  )
}
