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
      {whyOver.value !== undefined && `Why it is closed: ${printable(whyOver.value.message)}. `}A page closes
      half an hour after its tab was last shown, after twelve hours in any case, when the daemon ends, and
      when another person's page of this node is opened in the same browser.
    </p>
  </main>
)
