// The frame around every view: navigation, the strip, dialogs, and the screen for a session that is over.

import { useEffect, useRef } from 'preact/hooks'
import { printable } from '../api/contract/client/page.ts'
import { Keys, Palette } from './parts/palette.tsx'
import { Command } from './parts/panel.tsx'
import { Alarms, StatusStrip } from './parts/status-strip.tsx'
import { waitingCount } from './state/inbox.ts'
import { listen, opened } from './state/keys.ts'
import { status, statusProblem } from './state/live.ts'
import { route } from './state/route.ts'
import { session, whyOver } from './state/session.ts'
import { VIEWS, viewOf, viewsOf } from './views/index.ts'

const Over = () => (
  <main class="over">
    <h1>karo</h1>
    <p>This page is closed. To open it, run this in a terminal on this machine:</p>
    <p>
      <Command text="karo dashboard" />
    </p>
    <p class="quiet">
      {whyOver.value !== undefined && `Why it is closed: ${printable(whyOver.value.message)}. `}A page closes
      half an hour after its tab was last shown, after twelve hours in any case, when the daemon ends, and
      when another person's page of this node is opened in the same browser.
    </p>
  </main>
)

const KEYS = new Map(VIEWS.map(({ key, id }) => [key, id]))

export function App() {
  useEffect(() => listen(KEYS), [])
  if (session.value === 'over') return <Over />
  // Which views there are on this node says its status; where that fails, all of them are there.
  const known = status.value ?? statusProblem.value
  if (session.value === 'opening' || !known) return <Opening />
  return <Frame />
}

/** The same as page.html shows before there is a script. */
const Opening = () => (
  <>
    <header class="top">
      <b class="brand">karo</b>
    </header>
    <main>
      <p class="quiet">Opening …</p>
    </main>
  </>
)

function Frame() {
  const views = viewsOf(status.value)
  const view = viewOf(route.value, status.value)
  const waiting = waitingCount()
  useEffect(() => {
    document.title = `${waiting > 0 ? `(${waiting}) ` : ''}${view.name} · Karo`
  }, [view, waiting])
  const title = useRef<HTMLHeadingElement>(null)
  const shown = useRef(view.id)
  useEffect(() => {
    if (shown.current === view.id) return
    shown.current = view.id
    // Whoever hears the page hears which view it is, and the next Tab goes into it.
    title.current?.focus()
  }, [view])
  return (
    <>
      <button type="button" class="skip" onClick={skip}>
        Skip to the content
      </button>
      <header class="top">
        <a class="brand" href="#/me" aria-label="Karo: your own view">
          karo
        </a>
        <StatusStrip />
        <button type="button" class="small" onClick={() => (opened.value = 'palette')}>
          Go to <kbd>Ctrl K</kbd>
        </button>
      </header>
      <nav aria-label="Views">
        {views.map(({ id, name, key }) => (
          <a key={id} href={`#/${id}`} aria-current={id === view.id ? 'page' : undefined} title={`g ${key}`}>
            {name}
          </a>
        ))}
        {status.value?.mesh.alone && <p class="quiet">Used alone. To join a mesh: karo join</p>}
      </nav>
      <main id="content" tabIndex={-1} key={view.id}>
        <Alarms />
        <header class="title">
          <h1 ref={title} tabIndex={-1}>
            {view.name}
          </h1>
          <p class="quiet">{view.says}</p>
        </header>
        <div class="panels">
          <view.Shows />
        </div>
      </main>
      {opened.value === 'palette' && <Palette views={views} />}
      {opened.value === 'keys' && <Keys views={views} />}
    </>
  )
}

/** The hash of the address is the view, so this moves the focus itself. */
const skip = (): void => document.getElementById('content')?.focus()
