// Begins the page: opens the session, follows what happens on the node, and draws.
import { render } from 'preact'
import { App } from './app.tsx'
import { followInbox, notify } from './state/inbox.ts'
import { follow } from './state/live.ts'
import { begin } from './state/session.ts'
import './style/main.css'

const place = document.getElementById('page')
if (place !== null) {
  render(<App />, place)
  await begin()
  follow(notify)
  followInbox()
}
