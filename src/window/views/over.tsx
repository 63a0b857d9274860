// The whole page where there is no session: how to open it again, and why it is closed.
import { printable } from '../../api/contract/client/page.ts'
import { Command } from '../parts/panel.tsx'
import { whyOver } from '../state/session.ts'

export const Over = () => (
  <main class="over">
    <h1>karo</h1>
    <p>This page is closed. To open it, run this in a terminal on this machine:</p>
    <p>
      <Command text="karo dashboard" />
    </p>
    <p class="quiet">
      {whyOver.value === undefined
        ? 'A page closes half an hour after its tab was last shown, after twelve hours in any case, and when the daemon ends. One browser holds one page of a node: a newer one closes the one before.'
        : `The daemon says: ${printable(whyOver.value.message)}. In one browser, a newer page of this node closes the one before.`}
    </p>
  </main>
)
